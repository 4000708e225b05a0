// Evaluates the expressions that come on standard input, each a line of JSON, one after the
// other, and writes a line with the value or the error of each.

import { createInterface } from "node:readline";

const longest = 15_000; // milliseconds for an expression
const later = setTimeout;
globalThis.window = globalThis;

process.on("uncaughtException", (error) => {
  if (globalThis.onerror?.(error.message)) return;
  console.error(error);
  process.exit(1);
});

async function evaluate(expression) {
  let timer;
  const late = new Promise((_, reject) => { timer = later(() => reject(new Error("it took too long")), longest); });
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
