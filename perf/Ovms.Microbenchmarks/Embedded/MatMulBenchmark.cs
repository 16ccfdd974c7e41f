using BenchmarkDotNet.Attributes;
using Ovms.Runtime.Embedded.Kernels;
using Ovms.Runtime.Embedded.Operations.Matrix;
using Ovms.Runtime.Tensors;

namespace Ovms.Microbenchmarks.Embedded;

/// <summary>f32 MatMul on one thread: square products, and a row vector times weights (bound by memory).</summary>
[MemoryDiagnoser]
public class MatMulBenchmark : IDisposable
{
    private OperationHarness _harness = null!;

    /// <summary>Rows, columns and depth.</summary>
    [Params("128x128x128", "512x512x512", "1024x1024x1024", "1x4096x4096")]
    public string Size { get; set; } = "";

    /// <summary>Instruction set of the kernel, of those this machine has.</summary>
    [ParamsSource(nameof(Kernels))]
    public string Kernel { get; set; } = "";

    /// <summary>Kernels of this machine.</summary>
    public static IEnumerable<string> Kernels => GemmMicroKernel.All().Select(static kernel => kernel.Name);

    /// <summary>Packs the weights.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        var sizes = Array.ConvertAll(Size.Split('x'), static text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
        var (m, n, k) = (sizes[0], sizes[1], sizes[2]);
        var kernel = GemmMicroKernel.All().Single(candidate => candidate.Name == Kernel);
        _harness = new OperationHarness("MatMul", [], [(new Shape(m, k), false), (new Shape(k, n), true)], node => new MatMul(node, kernel));
    }

    /// <summary>One product; its result is checked to be written.</summary>
    [Benchmark]
    public float Multiply() => _harness.Run();

    /// <summary>Frees the tensors.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _harness?.Dispose();
        GC.SuppressFinalize(this);
    }
}
