using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ovms.Runtime.Native;

/// <summary>Told on a thread of the library that an asynchronous run has ended, before its status can be had.</summary>
internal interface IOvCallbackTarget
{
    /// <summary>Short, does not throw, does not wait for the request nor free it (C§10.3).</summary>
    void OnNativeCompleted();
}

/// <summary>The struct that a request calls back through. Disposed after its request was freed: the library keeps the pointer.</summary>
internal sealed unsafe class OvCompletionCallback : IDisposable
{
    private OvCallback* _callback;
    private GCHandle _target;

    /// <summary>Makes the struct.</summary>
    public OvCompletionCallback(IOvCallbackTarget target)
    {
        _target = GCHandle.Alloc(target);
        _callback = (OvCallback*)NativeMemory.Alloc((nuint)sizeof(OvCallback));
        _callback->Function = &OnCompleted;
        _callback->Arguments = GCHandle.ToIntPtr(_target);
    }

    /// <summary>Registers it with a request.</summary>
    public void Attach(OvApi api, OvInferRequestHandle request) => api.SetCallback(request, _callback);

    /// <summary>Frees the struct.</summary>
    public void Dispose()
    {
        if (_callback is not null)
        {
            NativeMemory.Free(_callback);
            _callback = null;
            _target.Free();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnCompleted(nint arguments)
    {
        try
        {
            ((IOvCallbackTarget)GCHandle.FromIntPtr(arguments).Target!).OnNativeCompleted();
        }
        catch (Exception exception)
        {
            // Nothing may unwind into native frames, and a lost completion would hang its request for ever.
            Environment.FailFast("the completion of an inference failed", exception);
        }
    }
}
