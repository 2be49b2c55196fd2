// Medplum's HL7 client, as it comes from its package: sends what stands on stdin (JSON texts), in order.
import { readFileSync } from "node:fs";
import { Hl7Message } from "@medplum/core";
import { Hl7Client } from "@medplum/hl7";

const client = new Hl7Client({ host: "127.0.0.1", port: Number(process.argv[2]), keepAlive: true });
const answers = [];
for (const text of JSON.parse(readFileSync(0, "utf8"))) {
  const answer = await client.sendAndWait(Hl7Message.parse(text));
  answers.push(answer.getSegment("MSA").toString());
}
await client.close();
console.log(JSON.stringify(answers));
process.exit(0);
