// node-hl7-client, as it comes from its package: sends what stands on stdin (JSON texts), in order.
import { readFileSync } from "node:fs";
import { Client, Message } from "node-hl7-client";

const texts = JSON.parse(readFileSync(0, "utf8"));
const answers = [];
const client = new Client({ host: "127.0.0.1" });
let heard;
const connection = client.createConnection({ port: Number(process.argv[2]) }, async (response) => {
  heard(response.getMessage().toString());
});
for (const text of texts) {
  const answer = new Promise((resolve) => {
    heard = resolve;
  });
  await connection.sendMessage(new Message({ text }));
  const message = await answer;
  answers.push(message.split("\r").find((line) => line.startsWith("MSA")));
}
await connection.close();
console.log(JSON.stringify(answers));
process.exit(0);
