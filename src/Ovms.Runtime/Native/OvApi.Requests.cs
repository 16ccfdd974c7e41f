using System.Diagnostics;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Native;

/// <summary>What a request calls: statuses instead of exceptions, no managed allocation. Tensor handles are raw: the infer request owns them.</summary>
internal sealed unsafe partial class OvApi
{
    /// <summary>Runs until the outputs are there.</summary>
    public OvStatus Infer(OvInferRequestHandle request) => _ov.InferRequestInfer(request.Value);

    /// <summary>Starts.</summary>
    public OvStatus StartAsync(OvInferRequestHandle request) => _ov.InferRequestStartAsync(request.Value);

    /// <summary>Waits for what was started; returns its failure.</summary>
    public OvStatus Wait(OvInferRequestHandle request) => _ov.InferRequestWait(request.Value);

    /// <summary>Asks to stop. Safe from any thread.</summary>
    public void Cancel(OvInferRequestHandle request) => _ = _ov.InferRequestCancel(request.Value);

    /// <summary>Sets what is called after each asynchronous run; the struct outlives the request.</summary>
    public void SetCallback(OvInferRequestHandle request, OvCallback* callback) => Check(_ov.InferRequestSetCallback(request.Value, callback));

    /// <summary>A new wrapper of the request's own input tensor.</summary>
    public OvStatus GetInputTensor(OvInferRequestHandle request, int index, out nint tensor)
    {
        fixed (nint* result = &tensor)
        {
            *result = 0;
            return _ov.InferRequestGetInputTensor(request.Value, (nuint)index, result);
        }
    }

    /// <summary>A new wrapper of an output tensor.</summary>
    public OvStatus GetOutputTensor(OvInferRequestHandle request, int index, out nint tensor)
    {
        fixed (nint* result = &tensor)
        {
            *result = 0;
            return _ov.InferRequestGetOutputTensor(request.Value, (nuint)index, result);
        }
    }

    /// <summary>Makes a tensor the request's input.</summary>
    public OvStatus SetInputTensor(OvInferRequestHandle request, int index, nint tensor) =>
        _ov.InferRequestSetInputTensor(request.Value, (nuint)index, tensor);

    /// <summary>A wrapper over memory of ours, which lives as long as anything uses it.</summary>
    public OvStatus WrapMemory(ElementType type, in Shape shape, nint address, out nint tensor)
    {
        Debug.Assert(address != 0, "the library refuses null, even for empty tensors");
        fixed (long* dims = shape.Dims)
        fixed (nint* result = &tensor)
        {
            *result = 0;
            return _ov.TensorCreateFromHost(Types.ToNative(type), new OvShape { Rank = shape.Rank, Dims = dims }, (void*)address, result);
        }
    }

    /// <summary>Address and bytes of a tensor's elements.</summary>
    public OvStatus GetData(nint tensor, out nint address, out long bytes)
    {
        nuint size = 0;
        void* data = null;
        var status = _ov.TensorGetByteSize(tensor, &size);
        if (status == OvStatus.Ok && size > 0)
        {
            status = _ov.TensorData(tensor, &data);
        }

        (address, bytes) = ((nint)data, (long)size);
        return status;
    }

    /// <summary>Concrete shape of a tensor.</summary>
    /// <returns><see cref="OvStatus.OutOfBounds"/> when it has more than <see cref="Shape.MaxRank"/> dimensions.</returns>
    public OvStatus GetShape(nint tensor, out Shape shape)
    {
        // Zeroed: for a scalar the library writes nothing (C§1).
        OvShape native = default;
        var status = _ov.TensorGetShape(tensor, &native);
        shape = default;
        if (status == OvStatus.Ok)
        {
            if (native.Rank <= Shape.MaxRank)
            {
                shape = new Shape(new ReadOnlySpan<long>(native.Dims, (int)native.Rank));
            }
            else
            {
                status = OvStatus.OutOfBounds;
            }

            _ov.ShapeFree(&native);
        }
        else if (status == OvStatus.InvalidParameter)
        {
            // The library cannot make an ov_shape_t of rank 0 and says so instead of leaving the struct alone (seen on 2026.4.1): a scalar.
            status = OvStatus.Ok;
        }

        return status;
    }

    /// <summary>Frees a wrapper.</summary>
    public void FreeTensor(nint tensor) => _ov.TensorFree(tensor);
}
