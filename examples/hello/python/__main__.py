import pulumi
import pulumi_constellation as constellation

local = constellation.Cluster("local")

hello = constellation.Service(
    "hello",
    cluster=local.access,
    image="oci:../../../.images:busybox",
    command=["httpd", "-f", "-p", "8000", "-h", "/etc"],
    replicas=2,
    stop_grace_period="1s",
    health_check={"http": {"path": "/hostname", "port": 8000}},
)

pulumi.export("url", pulumi.Output.concat("http://", hello.address, ":8000/hostname"))
