using System.Runtime.InteropServices;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Execution;

/// <summary>Short forms for running requests in tests.</summary>
internal static class Requests
{
    /// <summary>Fills an input with numbers that depend on the seed.</summary>
    public static void Fill(this InferRequest request, int index, int seed, params long[] shape)
    {
        Assert.Equal(InferenceError.None, request.TryPrepareInput(index, new Shape(shape), out var bytes));
        var random = new Random((seed * 31) + index);
        foreach (ref var value in MemoryMarshal.Cast<byte, float>(bytes))
        {
            value = (random.NextSingle() * 2) - 1;
        }
    }

    /// <summary>Runs and checks that it went well.</summary>
    public static void Run(this InferRequest request)
    {
        var error = request.Infer();
        Assert.True(error == InferenceError.None, $"{error}: {request.ErrorText}");
    }

    /// <summary>Elements of an f32 output.</summary>
    public static float[] Floats(this InferRequest request, int index) => MemoryMarshal.Cast<byte, float>(request.GetOutput(index).Bytes).ToArray();
}
