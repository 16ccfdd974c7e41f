// TensorFlow Serving's REST API as node's fetch speaks it, against a running server.
// Usage: node rest.js http://HOST:PORT SCENARIO
'use strict';
const assert = require('node:assert/strict');
const zlib = require('node:zlib');

const [base, scenario] = process.argv.slice(2);
const post = (path, body, headers = {}) => fetch(base + path, { method: 'POST', body: typeof body === 'object' && !Buffer.isBuffer(body) ? JSON.stringify(body) : body, headers });
const iota = Array.from({ length: 10 }, (_, i) => i);

async function fails(response, code, error) {
  assert.equal(response.status, code);
  assert.deepEqual(await response.json(), { error });
}

const scenarios = {
  async row() {
    for (const body of [{ instances: [iota] }, { instances: [{ b: iota }] }, { signature_name: 'serving_default', instances: [iota] }]) {
      const response = await post('/v1/models/dummy:predict', body);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-type'), 'application/json');
      assert.equal(await response.text(), '{\n    "predictions": [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]\n    ]\n}');
    }
  },

  async column() {
    for (const body of [{ inputs: { b: [iota] } }, { inputs: [iota] }]) {
      const response = await post('/v1/models/dummy/versions/1:predict', body);
      assert.deepEqual(await response.json(), { outputs: [iota.map(v => v + 1)] });
    }
  },

  async errors() {
    await fails(await post('/v1/models/nope:predict', { instances: [[1]] }), 404, 'Model with requested name is not found');
    await fails(await post('/v1/models/dummy:predict', ''), 412, 'The file is not valid json - Error: The document is empty. Offset: 0');
    await fails(await post('/v1/models/dummy:predict', {}), 400, 'Invalid JSON structure. Could not detect row or column format');
    await fails(await post('/v1/models/dummy:predict', { inputs: [[0, 1, 2]] }), 400, 'Invalid input shape - Expected: (1,10); Actual: (1,3); input name: b');
    await fails(await post('/v1/models/dummy:predict', { instances: [iota, iota] }), 400, 'Invalid input batch size - Expected: 1; Actual: 2; input name: b');
    await fails(await fetch(base + '/v1/models/dummy:predict'), 406, 'Unsupported method');
    await fails(await fetch(base + '/foo'), 400, 'Invalid request URL');
    await fails(await fetch(base + '/v1/models/dummy/versions/9'), 404, 'Model with requested version is not found');
  },

  async status_and_metadata() {
    const status = await (await fetch(base + '/v1/models/dummy')).json();
    assert.deepEqual(status, { model_version_status: [{ version: '1', state: 'AVAILABLE', status: { error_code: 'OK', error_message: 'OK' } }] });
    const metadata = await (await fetch(base + '/v1/models/dummy/metadata')).json();
    assert.equal(metadata.modelSpec.name, 'dummy');
    const signature = metadata.metadata.signature_def.signatureDef.serving_default;
    assert.deepEqual(signature.inputs.b.tensorShape.dim.map(d => d.size), ['1', '10']);
  },

  async gzip() {
    const response = await post('/v1/models/dummy:predict', zlib.gzipSync(JSON.stringify({ inputs: [iota] })), { 'content-encoding': 'gzip' });
    assert.deepEqual(await response.json(), { outputs: [iota.map(v => v + 1)] });
  },

  async large_body() {
    const rows = 100000;
    const inputs = Array.from({ length: rows }, (_, r) => iota.map(v => v + r / 8));
    const response = await post('/v1/models/dynamic:predict', { inputs });
    const { outputs } = await response.json();
    assert.equal(outputs.length, rows);
    for (let r = 0; r < rows; r += 991) {
      assert.deepEqual(outputs[r], inputs[r].map(v => Math.fround(v * 2 + 1)));
    }
  },

  async concurrent() {
    await Promise.all(Array.from({ length: 200 }, async (_, n) => {
      const response = await post('/v1/models/dummy:predict', { inputs: [iota.map(v => v + n)] });
      assert.deepEqual(await response.json(), { outputs: [iota.map(v => v + n + 1)] });
    }));
  },
};

(async () => {
  const run = scenarios[scenario];
  assert.ok(run, 'no scenario ' + scenario);
  await run();
  console.log('ok ' + scenario);
  process.exit(0);
})().catch(error => {
  console.error(error);
  process.exit(1);
});
