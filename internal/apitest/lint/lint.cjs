// Lints the OpenAPI document on its input by redocly.yaml, and writes what it found, one
// finding a line, to its output. Nothing is fetched: the document refers to itself only.
const fs = require('node:fs');
const path = require('node:path');
const { createConfig, lintFromString } = require('@redocly/openapi-core');

async function main() {
  const config = await createConfig(fs.readFileSync(path.join(__dirname, 'redocly.yaml'), 'utf8'));
  const source = fs.readFileSync(0, 'utf8');
  const found = await lintFromString({ source, absoluteRef: path.join(__dirname, 'openapi.json'), config });
  for (const { severity, ruleId, message, location } of found) {
    const where = location.map((at) => at.pointer).join(', ');
    console.log(`${severity} ${ruleId} ${where}: ${message.replaceAll('\n', ' ')}`);
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
