/** What every instance sees is the same on every host, as in Calico: the neighbour behind its link is the host. */
export const gatewayAddress = "169.254.1.1";
export const hostMac = "ee:ee:ee:ee:ee:ee";
export const instanceDevice = "eth0";
