using System.Runtime.InteropServices;
using Ovms.Runtime.Errors;

namespace Ovms.Runtime.Native;

/// <summary>The functions of <c>libopenvino_c</c> that this server calls, resolved once. Handles are opaque pointers, passed as <see cref="nint"/>.</summary>
/// <remarks>Signatures: C§6, §7. What every supported release has is required: a library without it is refused, naming the function. What
/// came or went is null where it is missing; the methods that use it say so. The library is never unloaded.</remarks>
internal sealed unsafe class OvFunctions
{
    private readonly nint _library;
    private readonly string _path;

    // Common.
    public readonly delegate* unmanaged[Cdecl]<OvStatus, byte*> GetErrorInfo;
    public readonly delegate* unmanaged[Cdecl]<byte*> GetLastErrorMessage;
    public readonly delegate* unmanaged[Cdecl]<byte*, void> Free;
    public readonly delegate* unmanaged[Cdecl]<OvVersion*, OvStatus> GetVersion;
    public readonly delegate* unmanaged[Cdecl]<OvVersion*, void> VersionFree;
    public readonly delegate* unmanaged[Cdecl]<OvShape*, OvStatus> ShapeFree;
    public readonly delegate* unmanaged[Cdecl]<OvPartialShape*, void> PartialShapeFree;

    // Core.
    public readonly delegate* unmanaged[Cdecl]<nint*, OvStatus> CoreCreate;
    public readonly delegate* unmanaged[Cdecl]<nint, void> CoreFree;
    public readonly delegate* unmanaged[Cdecl]<nint, byte*, byte*, nint*, OvStatus> CoreReadModel;

    /// <summary>Windows only: there <c>wchar_t</c> is UTF-16, elsewhere it is UTF-32 (C§2).</summary>
    public readonly delegate* unmanaged[Cdecl]<nint, char*, char*, nint*, OvStatus> CoreReadModelUnicode;
    public readonly delegate* unmanaged[Cdecl]<nint, byte*, nuint, nint, nint*, OvStatus> CoreReadModelFromMemory;
    public readonly delegate* unmanaged[Cdecl]<nint, OvAvailableDevices*, OvStatus> CoreGetAvailableDevices;
    public readonly delegate* unmanaged[Cdecl]<OvAvailableDevices*, void> AvailableDevicesFree;
    public readonly delegate* unmanaged[Cdecl]<nint, byte*, OvCoreVersionList*, OvStatus> CoreGetVersions;
    public readonly delegate* unmanaged[Cdecl]<OvCoreVersionList*, void> CoreVersionsFree;

    /// <summary>2025.2 and later.</summary>
    public readonly delegate* unmanaged[Cdecl]<nint, byte*, OvStatus> CoreAddExtension;

    /// <summary>2026.4 and later: properties as an array.</summary>
    public readonly delegate* unmanaged[Cdecl]<nint, nint, byte*, nuint, OvProperty*, nint*, OvStatus> CoreCompileModelProps;

    /// <summary>The variadic function as one of fixed arity: five named arguments and room for <see cref="OvCompile.MaxPairs"/> pairs; those beyond
    /// the count are not read (C§7).</summary>
    public readonly delegate* unmanaged[Cdecl]<nint, nint, byte*, nuint, nint*,
        nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint,
        nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, OvStatus> CoreCompileModel;

    // Model and ports.
    public readonly delegate* unmanaged[Cdecl]<nint, void> ModelFree;
    public readonly delegate* unmanaged[Cdecl]<nint, nuint*, OvStatus> ModelInputsSize;
    public readonly delegate* unmanaged[Cdecl]<nint, nuint*, OvStatus> ModelOutputsSize;
    public readonly delegate* unmanaged[Cdecl]<nint, nuint, nint*, OvStatus> ModelConstInputByIndex;
    public readonly delegate* unmanaged[Cdecl]<nint, nuint, nint*, OvStatus> ModelConstOutputByIndex;
    public readonly delegate* unmanaged[Cdecl]<nint, byte*, nint*, OvStatus> ModelConstInputByName;
    public readonly delegate* unmanaged[Cdecl]<nint, byte*, nint*, OvStatus> ModelConstOutputByName;
    public readonly delegate* unmanaged[Cdecl]<nint, byte**, OvPartialShape*, nuint, OvStatus> ModelReshape;
    public readonly delegate* unmanaged[Cdecl]<nint, byte**, OvStatus> PortGetAnyName;
    public readonly delegate* unmanaged[Cdecl]<nint, OvPartialShape*, OvStatus> PortGetPartialShape;
    public readonly delegate* unmanaged[Cdecl]<nint, int*, OvStatus> PortGetElementType;
    public readonly delegate* unmanaged[Cdecl]<nint, void> ConstPortFree;

    // Compiled model.
    public readonly delegate* unmanaged[Cdecl]<nint, void> CompiledModelFree;
    public readonly delegate* unmanaged[Cdecl]<nint, nuint*, OvStatus> CompiledModelInputsSize;
    public readonly delegate* unmanaged[Cdecl]<nint, nuint*, OvStatus> CompiledModelOutputsSize;
    public readonly delegate* unmanaged[Cdecl]<nint, nuint, nint*, OvStatus> CompiledModelInputByIndex;
    public readonly delegate* unmanaged[Cdecl]<nint, nuint, nint*, OvStatus> CompiledModelOutputByIndex;
    public readonly delegate* unmanaged[Cdecl]<nint, byte*, byte**, OvStatus> CompiledModelGetProperty;
    public readonly delegate* unmanaged[Cdecl]<nint, nint*, OvStatus> CompiledModelCreateInferRequest;

    // Infer request.
    public readonly delegate* unmanaged[Cdecl]<nint, void> InferRequestFree;
    public readonly delegate* unmanaged[Cdecl]<nint, nuint, nint, OvStatus> InferRequestSetInputTensor;
    public readonly delegate* unmanaged[Cdecl]<nint, nuint, nint*, OvStatus> InferRequestGetInputTensor;
    public readonly delegate* unmanaged[Cdecl]<nint, nuint, nint*, OvStatus> InferRequestGetOutputTensor;
    public readonly delegate* unmanaged[Cdecl]<nint, OvStatus> InferRequestInfer;
    public readonly delegate* unmanaged[Cdecl]<nint, OvStatus> InferRequestCancel;
    public readonly delegate* unmanaged[Cdecl]<nint, OvStatus> InferRequestStartAsync;
    public readonly delegate* unmanaged[Cdecl]<nint, OvStatus> InferRequestWait;
    public readonly delegate* unmanaged[Cdecl]<nint, OvCallback*, OvStatus> InferRequestSetCallback;

    // Tensor.
    public readonly delegate* unmanaged[Cdecl]<int, OvShape, nint*, OvStatus> TensorCreate;
    public readonly delegate* unmanaged[Cdecl]<int, OvShape, void*, nint*, OvStatus> TensorCreateFromHost;
    public readonly delegate* unmanaged[Cdecl]<nint, OvShape*, OvStatus> TensorGetShape;
    public readonly delegate* unmanaged[Cdecl]<nint, int*, OvStatus> TensorGetElementType;
    public readonly delegate* unmanaged[Cdecl]<nint, nuint*, OvStatus> TensorGetByteSize;
    public readonly delegate* unmanaged[Cdecl]<nint, void**, OvStatus> TensorData;
    public readonly delegate* unmanaged[Cdecl]<nint, void> TensorFree;

    /// <summary>Resolves the functions of a loaded library.</summary>
    /// <exception cref="OpenVinoLoadException">A function that every supported release has is missing.</exception>
    public OvFunctions(nint library, string path)
    {
        (_library, _path) = (library, path);
        GetErrorInfo = (delegate* unmanaged[Cdecl]<OvStatus, byte*>)Required("ov_get_error_info");
        GetLastErrorMessage = (delegate* unmanaged[Cdecl]<byte*>)Required("ov_get_last_err_msg");
        Free = (delegate* unmanaged[Cdecl]<byte*, void>)Required("ov_free");
        GetVersion = (delegate* unmanaged[Cdecl]<OvVersion*, OvStatus>)Required("ov_get_openvino_version");
        VersionFree = (delegate* unmanaged[Cdecl]<OvVersion*, void>)Required("ov_version_free");
        ShapeFree = (delegate* unmanaged[Cdecl]<OvShape*, OvStatus>)Required("ov_shape_free");
        PartialShapeFree = (delegate* unmanaged[Cdecl]<OvPartialShape*, void>)Required("ov_partial_shape_free");

        CoreCreate = (delegate* unmanaged[Cdecl]<nint*, OvStatus>)Required("ov_core_create");
        CoreFree = (delegate* unmanaged[Cdecl]<nint, void>)Required("ov_core_free");
        CoreReadModel = (delegate* unmanaged[Cdecl]<nint, byte*, byte*, nint*, OvStatus>)Required("ov_core_read_model");
        CoreReadModelUnicode = (delegate* unmanaged[Cdecl]<nint, char*, char*, nint*, OvStatus>)Optional("ov_core_read_model_unicode");
        CoreReadModelFromMemory =
            (delegate* unmanaged[Cdecl]<nint, byte*, nuint, nint, nint*, OvStatus>)Required("ov_core_read_model_from_memory_buffer");
        CoreGetAvailableDevices = (delegate* unmanaged[Cdecl]<nint, OvAvailableDevices*, OvStatus>)Required("ov_core_get_available_devices");
        AvailableDevicesFree = (delegate* unmanaged[Cdecl]<OvAvailableDevices*, void>)Required("ov_available_devices_free");
        CoreGetVersions = (delegate* unmanaged[Cdecl]<nint, byte*, OvCoreVersionList*, OvStatus>)Required("ov_core_get_versions_by_device_name");
        CoreVersionsFree = (delegate* unmanaged[Cdecl]<OvCoreVersionList*, void>)Required("ov_core_versions_free");
        CoreAddExtension = (delegate* unmanaged[Cdecl]<nint, byte*, OvStatus>)Optional("ov_core_add_extension");
        CoreCompileModelProps =
            (delegate* unmanaged[Cdecl]<nint, nint, byte*, nuint, OvProperty*, nint*, OvStatus>)Optional("ov_core_compile_model_props");
        CoreCompileModel = (delegate* unmanaged[Cdecl]<nint, nint, byte*, nuint, nint*,
            nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint,
            nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, nint, OvStatus>)Required("ov_core_compile_model");

        ModelFree = (delegate* unmanaged[Cdecl]<nint, void>)Required("ov_model_free");
        ModelInputsSize = (delegate* unmanaged[Cdecl]<nint, nuint*, OvStatus>)Required("ov_model_inputs_size");
        ModelOutputsSize = (delegate* unmanaged[Cdecl]<nint, nuint*, OvStatus>)Required("ov_model_outputs_size");
        ModelConstInputByIndex = (delegate* unmanaged[Cdecl]<nint, nuint, nint*, OvStatus>)Required("ov_model_const_input_by_index");
        ModelConstOutputByIndex = (delegate* unmanaged[Cdecl]<nint, nuint, nint*, OvStatus>)Required("ov_model_const_output_by_index");
        ModelConstInputByName = (delegate* unmanaged[Cdecl]<nint, byte*, nint*, OvStatus>)Required("ov_model_const_input_by_name");
        ModelConstOutputByName = (delegate* unmanaged[Cdecl]<nint, byte*, nint*, OvStatus>)Required("ov_model_const_output_by_name");
        ModelReshape = (delegate* unmanaged[Cdecl]<nint, byte**, OvPartialShape*, nuint, OvStatus>)Required("ov_model_reshape");
        PortGetAnyName = (delegate* unmanaged[Cdecl]<nint, byte**, OvStatus>)Required("ov_port_get_any_name");
        PortGetPartialShape = (delegate* unmanaged[Cdecl]<nint, OvPartialShape*, OvStatus>)Required("ov_port_get_partial_shape");
        PortGetElementType = (delegate* unmanaged[Cdecl]<nint, int*, OvStatus>)Required("ov_port_get_element_type");
        ConstPortFree = (delegate* unmanaged[Cdecl]<nint, void>)Required("ov_output_const_port_free");

        CompiledModelFree = (delegate* unmanaged[Cdecl]<nint, void>)Required("ov_compiled_model_free");
        CompiledModelInputsSize = (delegate* unmanaged[Cdecl]<nint, nuint*, OvStatus>)Required("ov_compiled_model_inputs_size");
        CompiledModelOutputsSize = (delegate* unmanaged[Cdecl]<nint, nuint*, OvStatus>)Required("ov_compiled_model_outputs_size");
        CompiledModelInputByIndex = (delegate* unmanaged[Cdecl]<nint, nuint, nint*, OvStatus>)Required("ov_compiled_model_input_by_index");
        CompiledModelOutputByIndex = (delegate* unmanaged[Cdecl]<nint, nuint, nint*, OvStatus>)Required("ov_compiled_model_output_by_index");
        CompiledModelGetProperty = (delegate* unmanaged[Cdecl]<nint, byte*, byte**, OvStatus>)Required("ov_compiled_model_get_property");
        CompiledModelCreateInferRequest = (delegate* unmanaged[Cdecl]<nint, nint*, OvStatus>)Required("ov_compiled_model_create_infer_request");

        InferRequestFree = (delegate* unmanaged[Cdecl]<nint, void>)Required("ov_infer_request_free");
        InferRequestSetInputTensor = (delegate* unmanaged[Cdecl]<nint, nuint, nint, OvStatus>)Required("ov_infer_request_set_input_tensor_by_index");
        InferRequestGetInputTensor = (delegate* unmanaged[Cdecl]<nint, nuint, nint*, OvStatus>)Required("ov_infer_request_get_input_tensor_by_index");
        InferRequestGetOutputTensor = (delegate* unmanaged[Cdecl]<nint, nuint, nint*, OvStatus>)Required("ov_infer_request_get_output_tensor_by_index");
        InferRequestInfer = (delegate* unmanaged[Cdecl]<nint, OvStatus>)Required("ov_infer_request_infer");
        InferRequestCancel = (delegate* unmanaged[Cdecl]<nint, OvStatus>)Required("ov_infer_request_cancel");
        InferRequestStartAsync = (delegate* unmanaged[Cdecl]<nint, OvStatus>)Required("ov_infer_request_start_async");
        InferRequestWait = (delegate* unmanaged[Cdecl]<nint, OvStatus>)Required("ov_infer_request_wait");
        InferRequestSetCallback = (delegate* unmanaged[Cdecl]<nint, OvCallback*, OvStatus>)Required("ov_infer_request_set_callback");

        TensorCreate = (delegate* unmanaged[Cdecl]<int, OvShape, nint*, OvStatus>)Required("ov_tensor_create");
        TensorCreateFromHost = (delegate* unmanaged[Cdecl]<int, OvShape, void*, nint*, OvStatus>)Required("ov_tensor_create_from_host_ptr");
        TensorGetShape = (delegate* unmanaged[Cdecl]<nint, OvShape*, OvStatus>)Required("ov_tensor_get_shape");
        TensorGetElementType = (delegate* unmanaged[Cdecl]<nint, int*, OvStatus>)Required("ov_tensor_get_element_type");
        TensorGetByteSize = (delegate* unmanaged[Cdecl]<nint, nuint*, OvStatus>)Required("ov_tensor_get_byte_size");
        TensorData = (delegate* unmanaged[Cdecl]<nint, void**, OvStatus>)Required("ov_tensor_data");
        TensorFree = (delegate* unmanaged[Cdecl]<nint, void>)Required("ov_tensor_free");
    }

    private void* Required(string name) => NativeLibrary.TryGetExport(_library, name, out var address)
        ? (void*)address
        : throw new OpenVinoLoadException($"{_path} has no function {name}; OpenVINO 2023.2 to 2026.4 are supported");

    private void* Optional(string name) => NativeLibrary.TryGetExport(_library, name, out var address) ? (void*)address : null;
}
