using System.Runtime.InteropServices;

namespace Ovms.Runtime.Native;

/// <summary>Owns one native object of OpenVINO. Any order of release is memory-safe there: children keep what they need alive (C§11.2).</summary>
internal abstract class OvHandle : SafeHandle
{
    protected OvHandle(OvFunctions functions, nint value)
        : base(0, ownsHandle: true)
    {
        Functions = functions;
        SetHandle(value);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The raw pointer. Valid while the caller keeps this object alive and undisposed.</summary>
    public nint Value => handle;

    /// <summary>The library it came from.</summary>
    protected OvFunctions Functions { get; }
}

/// <summary><c>ov_core_t</c>: one per process, safe for concurrent use.</summary>
internal sealed unsafe class OvCoreHandle(OvFunctions functions, nint value) : OvHandle(functions, value)
{
    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Functions.CoreFree(handle);
        return true;
    }
}

/// <summary><c>ov_model_t</c>: a model as read.</summary>
internal sealed unsafe class OvModelHandle(OvFunctions functions, nint value) : OvHandle(functions, value)
{
    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Functions.ModelFree(handle);
        return true;
    }
}

/// <summary><c>ov_compiled_model_t</c>.</summary>
internal sealed unsafe class OvCompiledModelHandle(OvFunctions functions, nint value) : OvHandle(functions, value)
{
    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Functions.CompiledModelFree(handle);
        return true;
    }
}

/// <summary><c>ov_infer_request_t</c>. Freeing blocks while it runs: it is disposed when it does not.</summary>
internal sealed unsafe class OvInferRequestHandle(OvFunctions functions, nint value) : OvHandle(functions, value)
{
    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Functions.InferRequestFree(handle);
        return true;
    }
}
