// Plain Linux machines become one cluster, driven by a Pulumi program.
package constellation
