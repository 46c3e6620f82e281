/** What ssh(1) takes for a machine, and no option of it. */
export const destinationPattern = /^[^\s-]\S*$/;

/** What is wrong with anything else. */
export const notDestination = "is no machine; write USER@HOST, or a Host of ~/.ssh/config";
