"""TensorFlow Serving's API as grpcio speaks it, against a running server.

Usage: tfs_grpc.py HOST:PORT PROTO_FOLDER SCENARIO
Messages are compiled from PROTO_FOLDER by the system's protoc into a temporary folder; calls use grpcio's generic stubs.
"""
import glob
import importlib
import os
import subprocess
import sys
import tempfile
import threading

import grpc
import numpy as np

target, proto_folder, scenario = sys.argv[1:4]
generated = tempfile.mkdtemp(prefix="ovms-protos-")
files = [os.path.relpath(p, proto_folder) for p in glob.glob(os.path.join(proto_folder, "**", "*.proto"), recursive=True)]
subprocess.run(["protoc", "-I", proto_folder, "--python_out", generated, *files], check=True)
sys.path.insert(0, generated)
messages = {}
for name in files:
    module = importlib.import_module(name[:-len(".proto")].replace("/", ".").replace("-", "_") + "_pb2")
    for message in module.DESCRIPTOR.message_types_by_name.values():
        messages[message.full_name] = getattr(module, message.name)


def message(name):
    return messages["tensorflow.serving." + name]


channel = grpc.insecure_channel(target, options=[("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)])


def stub(service, method, request, response):
    return channel.unary_unary(f"/tensorflow.serving.{service}/{method}", message(request).SerializeToString, message(response).FromString)


predict = stub("PredictionService", "Predict", "PredictRequest", "PredictResponse")
metadata = stub("PredictionService", "GetModelMetadata", "GetModelMetadataRequest", "GetModelMetadataResponse")
status = stub("ModelService", "GetModelStatus", "GetModelStatusRequest", "GetModelStatusResponse")
DT_FLOAT = 1


def request(model, name, array, content=True):
    result = message("PredictRequest")()
    result.model_spec.name = model
    tensor = result.inputs[name]
    tensor.dtype = DT_FLOAT
    for size in array.shape:
        tensor.tensor_shape.dim.add().size = size
    if content:
        tensor.tensor_content = array.tobytes()
    else:
        tensor.float_val.extend(array.ravel().tolist())
    return result


def floats(tensor):
    return np.frombuffer(tensor.tensor_content, np.float32).reshape([d.size for d in tensor.tensor_shape.dim])


def fails(call, code, details):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, error
        assert details is None or error.details() == details, error.details()
        return
    raise AssertionError("the call should have failed")


IOTA = np.arange(10, dtype=np.float32).reshape(1, 10)


def scenario_predict():
    for content in (True, False):
        answer = predict(request("dummy", "b", IOTA, content))
        assert np.array_equal(floats(answer.outputs["a"]), IOTA + 1)


def scenario_one_element():
    # tf.make_tensor_proto writes one-element arrays as float_val.
    answer = predict(request("half_plus_two", "x", np.array([3], np.float32), content=False))
    assert np.array_equal(floats(answer.outputs["y"]), np.array([3.5], np.float32))


def scenario_metadata():
    question = message("GetModelMetadataRequest")()
    question.model_spec.name = "dummy"
    question.metadata_field.append("signature_def")
    answer = metadata(question)
    signatures = message("SignatureDefMap").FromString(answer.metadata["signature_def"].value)
    signature = signatures.signature_def["serving_default"]
    assert [d.size for d in signature.inputs["b"].tensor_shape.dim] == [1, 10]
    assert signature.outputs["a"].dtype == DT_FLOAT and answer.model_spec.version.value == 1


def scenario_status():
    question = message("GetModelStatusRequest")()
    question.model_spec.name = "dummy"
    entry, = status(question).model_version_status
    assert (entry.version, entry.state, entry.status.error_code, entry.status.error_message) == (1, 30, 0, "OK")
    question.model_spec.name = "nope"
    fails(lambda: status(question), grpc.StatusCode.NOT_FOUND, "Model with requested name is not found")


def scenario_errors():
    fails(lambda: predict(request("nope", "b", IOTA)), grpc.StatusCode.NOT_FOUND, "Model with requested name is not found")
    fails(lambda: predict(request("dummy", "b", IOTA[:, :3])), grpc.StatusCode.INVALID_ARGUMENT,
          "Invalid input shape - Expected: (1,10); Actual: (1,3); input name: b")
    fails(lambda: predict(request("dummy", "c", IOTA)), grpc.StatusCode.INVALID_ARGUMENT,
          "Missing input with specific name - Required input: b")


def scenario_large_tensor():
    array = np.random.default_rng(1).random((1677722, 10), np.float32)
    answer = predict(request("dynamic", "input", array))
    assert np.allclose(floats(answer.outputs["output"]), array * 2 + 1)


def scenario_deadline():
    big = request("dynamic", "input", np.zeros((400000, 10), np.float32))
    for _ in range(5):
        fails(lambda: predict(big, timeout=0.002), grpc.StatusCode.DEADLINE_EXCEEDED, None)
    scenario_predict()


def scenario_cancel():
    big = request("dynamic", "input", np.zeros((400000, 10), np.float32))
    for _ in range(5):
        call = predict.future(big)
        call.cancel()
        assert call.cancelled()
    scenario_predict()


def scenario_concurrent():
    failures = []

    def work(n):
        try:
            for _ in range(20):
                answer = predict(request("dummy", "b", IOTA + n))
                assert np.array_equal(floats(answer.outputs["a"]), IOTA + n + 1)
        except BaseException as error:  # noqa: B902 - reported below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]


def scenario_compressed():
    answer = predict(request("dummy", "b", IOTA), compression=grpc.Compression.Gzip)
    assert np.array_equal(floats(answer.outputs["a"]), IOTA + 1)


globals()["scenario_" + scenario]()
print("ok", scenario)
