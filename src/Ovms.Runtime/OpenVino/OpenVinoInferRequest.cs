using System.Diagnostics;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Native;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.OpenVino;

/// <summary>One inference at a time on one <c>ov_infer_request_t</c>.</summary>
/// <remarks>
/// Inputs: each has memory of its own that the engine reads in place, made at its first use and kept: for small static inputs the native
/// request's own tensor, else a 64-byte aligned block that was set on the request once; so that the steady request makes no native call for an
/// input. A tensor of the caller is laid over when it is large, and copied when it is small. Outputs are read where the engine wrote them.
/// </remarks>
internal sealed class OpenVinoInferRequest : InferRequest, IOvCallbackTarget, IThreadPoolWorkItem
{
    /// <summary>Tensors of callers up to this size are copied. A peer in C++ paid 67–92 µs a request for laying 40 bytes over and 41–50 µs for copying
    /// them; a copy of 64 KiB takes about 5 µs.</summary>
    internal const int CopyLimit = 64 * 1024;

    private readonly OpenVinoModel _model;
    private readonly OvApi _api;
    private readonly OvInferRequestHandle _request;
    private readonly InputSlot[] _inputs;
    private readonly OutputSlot[] _outputs;
    private OvCompletionCallback? _callback;
    private IInferCompletion? _completion;
    private bool _canReuse = true;
    private bool _isDisposed;

    // Any thread.
    private volatile bool _isCancelled;

    public OpenVinoInferRequest(OpenVinoModel model, OvInferRequestHandle request)
    {
        (_model, _api, _request) = (model, model.Api, request);
        _inputs = new InputSlot[model.Signature.Inputs.Count];
        _outputs = new OutputSlot[model.Signature.Outputs.Count];
        for (var i = 0; i < _outputs.Length; i++)
        {
            _outputs[i].View = new NativeView();
        }
    }

    /// <inheritdoc/>
    public override bool CanReuse => _canReuse;

    /// <inheritdoc/>
    public override InferenceError TryPrepareInput(int index, in Shape shape, out Span<byte> destination)
    {
        destination = default;
        var input = _model.Signature.Inputs[index];
        if (!TryGetBytes(input, shape, out var bytes))
        {
            return InferenceError.UnsupportedShape;
        }

        ref var slot = ref _inputs[index];
        slot.IsSet = false;
        if (slot.Bound != Binding.Own || slot.Shape != shape)
        {
            if (BindOwn(index, input, shape, bytes) is var error && error != InferenceError.None)
            {
                return error;
            }
        }

        slot.IsSet = true;
        destination = slot.OwnMemory is { } memory ? memory.Span[..bytes] : slot.OwnView!.GetSpan()[..bytes];
        return InferenceError.None;
    }

    /// <inheritdoc/>
    public override InferenceError SetInput(int index, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var input = _model.Signature.Inputs[index];
        if (tensor.Type != input.Type || tensor.Memory is not { } memory || !TryGetBytes(input, tensor.Shape, out var bytes))
        {
            return InferenceError.UnsupportedShape;
        }

        if (bytes <= CopyLimit)
        {
            var error = TryPrepareInput(index, tensor.Shape, out var destination);
            if (error == InferenceError.None)
            {
                tensor.Bytes.CopyTo(destination);
            }

            return error;
        }

        ref var slot = ref _inputs[index];
        slot.IsSet = false;
        if (slot.Bound != Binding.Host || slot.HostAddress != memory.Address || slot.Shape != tensor.Shape)
        {
            if (Bind(index, input.Type, tensor.Shape, memory.Address) is var error && error != InferenceError.None)
            {
                return error;
            }

            (slot.Bound, slot.HostAddress) = (Binding.Host, memory.Address);
        }

        slot.IsSet = true;
        return InferenceError.None;
    }

    /// <inheritdoc/>
    public override InferenceError Infer()
    {
        if (Begin() is var error && error != InferenceError.None)
        {
            return error;
        }

        return End(_api.Infer(_request));
    }

    /// <inheritdoc/>
    public override void StartAsync(IInferCompletion completion)
    {
        ArgumentNullException.ThrowIfNull(completion);
        if (_model.CallMode == CallMode.Synchronous)
        {
            completion.OnCompleted(this, Infer());
            return;
        }

        var error = Begin();
        if (error == InferenceError.None)
        {
            if (_callback is null)
            {
                _callback = new OvCompletionCallback(this);
                _callback.Attach(_api, _request);
            }

            _completion = completion;
            var status = _api.StartAsync(_request);
            if (status == OvStatus.Ok)
            {
                return;
            }

            _completion = null;
            error = End(status);
        }

        completion.OnCompleted(this, error);
    }

    /// <inheritdoc/>
    public override void Cancel()
    {
        // The mark first: a run that begins after it ends by it, one that has begun is stopped by the library between two operations.
        _isCancelled = true;
        _api.Cancel(_request);
    }

    /// <inheritdoc/>
    public override OutputTensor GetOutput(int index) => _outputs[index].Value;

    /// <inheritdoc/>
    public override void Reset()
    {
        _isCancelled = false;
        ErrorText = null;
        for (var i = 0; i < _inputs.Length; i++)
        {
            _inputs[i].IsSet = false;
        }

        for (var i = 0; i < _outputs.Length; i++)
        {
            _outputs[i].Value = default;
        }
    }

    /// <inheritdoc/>
    void IOvCallbackTarget.OnNativeCompleted()
    {
        // On a thread of the library, before the status can be had: the rest waits for it elsewhere.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute()
    {
        var completion = _completion!;
        _completion = null;
        completion.OnCompleted(this, End(_api.Wait(_request)));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_isDisposed)
        {
            return;
        }

        // Step 1: wrappers and the request, which waits for a run. Step 2: the memory that they pointed to (C§11.2).
        _isDisposed = true;
        foreach (ref var output in _outputs.AsSpan())
        {
            _api.FreeTensor(output.Tensor);
            output.Tensor = 0;
            output.Value = default;
        }

        _request.Dispose();
        _callback?.Dispose();
        foreach (ref var input in _inputs.AsSpan())
        {
            _api.FreeTensor(input.OwnTensor);
            input.OwnTensor = 0;
            input.OwnMemory?.Dispose();
        }
    }

    private static bool TryGetBytes(TensorDescriptor input, in Shape shape, out int bytes)
    {
        bytes = 0;
        if (!input.Shape.Allows(shape) || !shape.TryGetElementCount(out var count) || count > TensorMemory.MaxLength / input.Type.ByteSize())
        {
            return false;
        }

        bytes = (int)count * input.Type.ByteSize();
        return true;
    }

    private InferenceError Begin()
    {
        ErrorText = null;
        foreach (ref var input in _inputs.AsSpan())
        {
            if (!input.IsSet)
            {
                throw new InvalidOperationException("an input was not set");
            }
        }

        return _isCancelled ? InferenceError.Cancelled : InferenceError.None;
    }

    private InferenceError End(OvStatus status)
    {
        if (status == OvStatus.InferCancelled || _isCancelled)
        {
            // Usable again once the run has ended, which it has (C§10.2).
            return InferenceError.Cancelled;
        }

        if (status == OvStatus.Ok)
        {
            for (var i = 0; i < _outputs.Length && status == OvStatus.Ok; i++)
            {
                status = Collect(i);
            }
        }

        return status == OvStatus.Ok ? InferenceError.None : Fail(status);
    }

    private InferenceError Fail(OvStatus status)
    {
        ErrorText = _api.Describe(status);
        _canReuse = false;
        return status == OvStatus.UnknownException ? InferenceError.OutOfMemory : InferenceError.Failed;
    }

    private OvStatus Collect(int index)
    {
        ref var slot = ref _outputs[index];
        var descriptor = _model.Signature.Outputs[index];
        OvStatus status;
        if (!slot.IsStatic || slot.Tensor == 0)
        {
            // A dynamic output has another tensor after each inference.
            _api.FreeTensor(slot.Tensor);
            status = _api.GetOutputTensor(_request, index, out slot.Tensor);
            if (status != OvStatus.Ok || (status = _api.GetShape(slot.Tensor, out slot.Shape)) != OvStatus.Ok)
            {
                return status;
            }

            slot.IsStatic = descriptor.Shape.IsStatic;
        }

        status = _api.GetData(slot.Tensor, out var address, out var bytes);
        if (status != OvStatus.Ok)
        {
            return status;
        }

        if (bytes > TensorMemory.MaxLength)
        {
            return OvStatus.OutOfBounds;
        }

        slot.Value = new OutputTensor(descriptor.Type, slot.Shape, slot.View.Set(address, (int)bytes));
        return OvStatus.Ok;
    }

    private InferenceError BindOwn(int index, TensorDescriptor input, in Shape shape, int bytes)
    {
        ref var slot = ref _inputs[index];
        if (input.Shape.IsStatic && bytes <= CopyLimit)
        {
            return BindNative(ref slot, index, shape);
        }

        if (slot.OwnMemory is null || slot.OwnMemory.Capacity < bytes)
        {
            // The engine may point to the old block until another is set; it does not read it before an inference.
            var old = slot.OwnMemory;
            slot.OwnMemory = null;
            slot.Bound = Binding.None;
            old?.Dispose();
            try
            {
                slot.OwnMemory = TensorMemory.Allocate(bytes);
            }
            catch (OutOfMemoryException)
            {
                return InferenceError.OutOfMemory;
            }
        }

        var error = Bind(index, input.Type, shape, slot.OwnMemory.Address);
        if (error == InferenceError.None)
        {
            slot.Bound = Binding.Own;
        }

        return error;
    }

    private InferenceError BindNative(ref InputSlot slot, int index, in Shape shape)
    {
        Debug.Assert(slot.Bound != Binding.Host, "only tensors above the limit are laid over, and a static input is always above or always below");
        var status = _api.GetInputTensor(_request, index, out slot.OwnTensor);
        nint address = 0;
        long size = 0;
        if (status == OvStatus.Ok)
        {
            status = _api.GetData(slot.OwnTensor, out address, out size);
        }

        if (status != OvStatus.Ok)
        {
            return Fail(status);
        }

        slot.OwnView = new NativeView();
        slot.OwnView.Set(address, (int)size);
        (slot.Bound, slot.Shape) = (Binding.Own, shape);
        return InferenceError.None;
    }

    private InferenceError Bind(int index, ElementType type, in Shape shape, nint address)
    {
        ref var slot = ref _inputs[index];
        var status = _api.WrapMemory(type, shape, address, out var tensor);
        if (status == OvStatus.Ok)
        {
            status = _api.SetInputTensor(_request, index, tensor);
            _api.FreeTensor(tensor);
        }

        if (status != OvStatus.Ok)
        {
            slot.Bound = Binding.None;
            return Fail(status);
        }

        slot.Shape = shape;
        return InferenceError.None;
    }

    private enum Binding : byte
    {
        None,
        Own,
        Host,
    }

    private struct InputSlot
    {
        /// <summary>Shape of the tensor that is set on the native request.</summary>
        public Shape Shape;
        public TensorMemory? OwnMemory;
        public NativeView? OwnView;
        public nint OwnTensor;
        public nint HostAddress;
        public Binding Bound;
        public bool IsSet;
    }

    private struct OutputSlot
    {
        public OutputTensor Value;
        public Shape Shape;
        public NativeView View;
        public nint Tensor;
        public bool IsStatic;
    }
}
