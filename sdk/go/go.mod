module github.com/constellation/pulumi-constellation/sdk/go

go 1.23

require (
	github.com/blang/semver v3.5.1+incompatible
	github.com/pulumi/pulumi/sdk/v3 v3.259.0
)
