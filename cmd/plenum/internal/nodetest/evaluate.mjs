// Evaluates expressions from standard input, one JSON string per line, one after the other. Writes one line with the
// value or the error for each.

import { createInterface } from "node:readline";

const timeout = 15_000; // milliseconds per expression
const later = setTimeout;
globalThis.window = globalThis;

process.on("uncaughtException", (error) => {
  if (globalThis.onerror?.(error.message)) return;
  console.error(error);
  process.exit(1);
});

async function evaluate(expression) {
  let timer;
  const late = new Promise((_, reject) => { timer = later(() => reject(new Error("timeout")), timeout); });
  try {
    return { value: await Promise.race([(0, eval)(expression), late]) };
  } catch (error) {
    return { error: error?.stack ?? String(error) };
  } finally {
    clearTimeout(timer);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await evaluate(JSON.parse(line)))}\n`);
}
