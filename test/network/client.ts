/** Asks a server: `client.ts tcp|udp ADDRESS PORT TIMES`; prints each answer, or the error's code, or `silence`, as a JSON array. */
import { askOnce } from "./asking.ts";

const [protocol = "", host = "", port = "0", times = "1"] = process.argv.slice(2);
const answers: string[] = [];
for (let time = 0; time < Number(times); time++) answers.push(await askOnce(protocol, host, Number(port)));
process.stdout.write(JSON.stringify(answers));
