// TensorFlow Serving's API as @grpc/grpc-js speaks it, against a running server.
// Usage: node tfs_grpc.js HOST:PORT PROTO_FOLDER SCENARIO
'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [target, protoFolder, scenario] = process.argv.slice(2);
const files = fs.readdirSync(protoFolder, { recursive: true }).filter(f => f.endsWith('.proto')).map(f => path.join(protoFolder, f));
const root = grpc.loadPackageDefinition(loader.loadSync(files, { keepCase: true, longs: String, enums: String, defaults: false, oneofs: true, includeDirs: [protoFolder] }));
const limits = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
const prediction = new root.tensorflow.serving.PredictionService(target, grpc.credentials.createInsecure(), limits);
const models = new root.tensorflow.serving.ModelService(target, grpc.credentials.createInsecure(), limits);

const call = (client, method, request, options = {}) => new Promise((resolve, reject) =>
  client[method](request, new grpc.Metadata(), options, (error, response) => (error ? reject(error) : resolve(response))));
const predict = (request, options) => call(prediction, 'Predict', request, options);
const shape = (...sizes) => ({ dim: sizes.map(size => ({ size })) });
const floats = values => Buffer.from(new Float32Array(values).buffer);
const readFloats = tensor => Array.from(new Float32Array(new Uint8Array(tensor.tensor_content).buffer));
const spec = (name, version) => (version === undefined ? { name } : { name, version: { value: version } });
const iota = Array.from({ length: 10 }, (_, i) => i);
const dummy = (overrides = {}) => ({
  model_spec: spec('dummy'),
  inputs: { b: { dtype: 'DT_FLOAT', tensor_shape: shape(1, 10), tensor_content: floats(iota), ...overrides } },
});
async function fails(promise, code, details) {
  try {
    await promise;
  } catch (error) {
    assert.equal(error.code, code, `code of "${error.details}"`);
    if (details !== undefined) {
      assert.equal(error.details, details);
    }
    return;
  }
  assert.fail('the call should have failed with ' + code);
}

const scenarios = {
  async predict_tensor_content() {
    const response = await predict(dummy());
    assert.equal(response.outputs.a.dtype, 'DT_FLOAT');
    assert.deepEqual(response.outputs.a.tensor_shape.dim.map(d => Number(d.size)), [1, 10]);
    assert.deepEqual(readFloats(response.outputs.a), iota.map(v => v + 1));
  },

  async predict_values() {
    const response = await predict(dummy({ tensor_content: undefined, float_val: iota }));
    assert.deepEqual(readFloats(response.outputs.a), iota.map(v => v + 1));
    const half = [0x3c00, 0xc000, 0x3800, 0, 0, 0, 0, 0, 0, 0];
    const answer = await predict({ model_spec: spec('dummy_fp16'), inputs: { b: { dtype: 'DT_HALF', tensor_shape: shape(1, 10), half_val: half } } });
    assert.equal(answer.outputs.a.dtype, 'DT_HALF');
    assert.deepEqual([...new Uint16Array(new Uint8Array(answer.outputs.a.tensor_content).buffer)].slice(0, 3), [0x4000, 0xbc00, 0x3e00]);
  },

  async every_element_type() {
    const types = {
      f32: ['DT_FLOAT', 'float_val', [1.5], b => b.readFloatLE(), 2.5], f64: ['DT_DOUBLE', 'double_val', [1.5], b => b.readDoubleLE(), 2.5],
      i8: ['DT_INT8', 'int_val', [-3], b => b.readInt8(), -2], u8: ['DT_UINT8', 'int_val', [3], b => b.readUInt8(), 4],
      i16: ['DT_INT16', 'int_val', [-300], b => b.readInt16LE(), -299], u16: ['DT_UINT16', 'int_val', [300], b => b.readUInt16LE(), 301],
      i32: ['DT_INT32', 'int_val', [-70000], b => b.readInt32LE(), -69999], u32: ['DT_UINT32', 'uint32_val', [70000], b => b.readUInt32LE(), 70001],
      i64: ['DT_INT64', 'int64_val', ['-5000000000'], b => b.readBigInt64LE(), -4999999999n], u64: ['DT_UINT64', 'uint64_val', ['5000000000'], b => b.readBigUInt64LE(), 5000000001n],
      boolean: ['DT_BOOL', 'bool_val', [true], b => b.readUInt8(), 0], f16: ['DT_HALF', 'half_val', [0x3c00], b => b.readUInt16LE(), 0x4000],
      bf16: ['DT_BFLOAT16', 'half_val', [0x3f80], b => b.readUInt16LE(), 0x4000],
    };
    const metadata = await call(prediction, 'GetModelMetadata', { model_spec: spec('multi_dtype'), metadata_field: ['signature_def'] });
    assert.ok(metadata.metadata.signature_def);
    const request = { model_spec: spec('multi_dtype'), inputs: {} };
    for (const [type, [dtype, field, values]] of Object.entries(types)) {
      request.inputs['in_' + type] = { dtype, tensor_shape: shape(1, 4), [field]: [...values, ...values, ...values, ...values] };
    }
    const response = await predict(request);
    for (const [type, [dtype, , , read, expected]] of Object.entries(types)) {
      assert.equal(response.outputs['out_' + type].dtype, dtype, type);
      assert.equal(read(response.outputs['out_' + type].tensor_content), expected, type);
    }
  },

  async metadata() {
    const response = await call(prediction, 'GetModelMetadata', { model_spec: spec('dummy'), metadata_field: ['signature_def'] });
    assert.equal(response.model_spec.name, 'dummy');
    assert.equal(response.model_spec.version.value, '1');
    assert.equal(response.metadata.signature_def.type_url, 'type.googleapis.com/tensorflow.serving.SignatureDefMap');
    assert.equal(response.metadata.signature_def.value.toString('hex'),
      '0a3f0a0f73657276696e675f64656661756c74122c0a140a0162120f0a016210011a08120208011202080a12140a0161120f0a016110011a08120208011202080a');
    await fails(call(prediction, 'GetModelMetadata', { model_spec: spec('dummy'), metadata_field: ['nope'] }), grpc.status.INVALID_ARGUMENT, 'Invalid signature name');
    await fails(call(prediction, 'GetModelMetadata', { metadata_field: ['signature_def'] }), grpc.status.INVALID_ARGUMENT, 'model_spec missing in request');
  },

  async status() {
    const response = await call(models, 'GetModelStatus', { model_spec: spec('dummy') });
    assert.deepEqual(response.model_version_status, [{ version: '1', state: 'AVAILABLE', status: { error_message: 'OK' } }]);
    await fails(call(models, 'GetModelStatus', { model_spec: spec('nope') }), grpc.status.NOT_FOUND, 'Model with requested name is not found');
    await fails(call(models, 'GetModelStatus', { model_spec: spec('dummy', 9) }), grpc.status.NOT_FOUND, 'Model with requested version is not found');
  },

  async errors() {
    await fails(predict({ ...dummy(), model_spec: spec('nope') }), grpc.status.NOT_FOUND, 'Model with requested name is not found');
    await fails(predict({ ...dummy(), model_spec: spec('dummy', 7) }), grpc.status.NOT_FOUND, 'Model with requested version is not found');
    await fails(predict({ model_spec: spec('dummy') }), grpc.status.INVALID_ARGUMENT, 'Invalid number of inputs - Expected: 1; Actual: 0');
    await fails(predict({ model_spec: spec('dummy'), inputs: { c: dummy().inputs.b } }), grpc.status.INVALID_ARGUMENT, 'Missing input with specific name - Required input: b');
    await fails(predict(dummy({ dtype: 'DT_INT32' })), grpc.status.INVALID_ARGUMENT, 'Invalid input precision - Expected: FP32; Actual: I32; input name: b');
    await fails(predict(dummy({ tensor_shape: shape(1, 3) })), grpc.status.INVALID_ARGUMENT, 'Invalid input shape - Expected: (1,10); Actual: (1,3); input name: b');
    await fails(predict(dummy({ tensor_shape: shape(2, 10) })), grpc.status.INVALID_ARGUMENT, 'Invalid input batch size - Expected: 1; Actual: 2; input name: b');
    await fails(predict(dummy({ tensor_content: floats([1, 2]) })), grpc.status.INVALID_ARGUMENT, 'Invalid content size of tensor proto - Expected: 40 bytes; Actual: 8 bytes; input name: b');
    for (const method of ['Classify', 'Regress', 'MultiInference']) {
      await fails(call(prediction, method, {}), grpc.status.UNIMPLEMENTED);
    }
  },

  async deadline() {
    const big = { model_spec: spec('dynamic'), inputs: { input: { dtype: 'DT_FLOAT', tensor_shape: shape(400000, 10), tensor_content: Buffer.alloc(16000000) } } };
    for (let i = 0; i < 5; i++) {
      await fails(predict(big, { deadline: Date.now() + 2 }), grpc.status.DEADLINE_EXCEEDED);
    }
    await scenarios.predict_tensor_content();
  },

  async cancel() {
    const big = { model_spec: spec('dynamic'), inputs: { input: { dtype: 'DT_FLOAT', tensor_shape: shape(400000, 10), tensor_content: Buffer.alloc(16000000) } } };
    for (let i = 0; i < 10; i++) {
      await new Promise(resolve => {
        const running = prediction.Predict(big, error => { assert.equal(error?.code, grpc.status.CANCELLED); resolve(); });
        setTimeout(() => running.cancel(), i);
      });
    }
    await scenarios.predict_tensor_content();
  },

  async large_tensor() {
    const rows = 1677722;
    const values = new Float32Array(rows * 10).map((_, i) => i % 1000);
    const response = await predict({ model_spec: spec('dynamic'), inputs: { input: { dtype: 'DT_FLOAT', tensor_shape: shape(rows, 10), tensor_content: Buffer.from(values.buffer) } } });
    const content = response.outputs.output.tensor_content;
    assert.equal(content.length, rows * 40);
    for (let i = 0; i < values.length; i += 997) {
      assert.equal(content.readFloatLE(i * 4), values[i] * 2 + 1);
    }
  },

  async concurrent_streams() {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) =>
      Promise.all(Array.from({ length: 10 }, () => predict(dummy({ tensor_content: floats(iota.map(v => v + n)) })).then(readAnswer(n))))));
    assert.equal(answers.flat().length, 1000);
    function readAnswer(n) {
      return response => assert.deepEqual(readFloats(response.outputs.a), iota.map(v => v + n + 1));
    }
  },

  async compressed() {
    const zipped = new root.tensorflow.serving.PredictionService(target, grpc.credentials.createInsecure(), { ...limits, 'grpc.default_compression_algorithm': 2 });
    const response = await call(zipped, 'Predict', dummy());
    assert.deepEqual(readFloats(response.outputs.a), iota.map(v => v + 1));
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
