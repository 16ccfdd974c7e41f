using BenchmarkDotNet.Attributes;
using Ovms.Runtime.Embedded.Operations.Convolution;
using Ovms.Runtime.Tensors;

namespace Ovms.Microbenchmarks.Embedded;

/// <summary>f32 convolutions of ResNet and MobileNet shapes on one thread.</summary>
[MemoryDiagnoser]
public class ConvolutionBenchmark : IDisposable
{
    private OperationHarness _harness = null!;

    /// <summary>Groups, channels in and out of a group, image size, kernel size, stride.</summary>
    [Params("1:3:64:224:7:2", "1:64:64:56:1:1", "1:64:64:56:3:1", "1:256:256:14:3:1", "1:512:512:7:3:1", "32:1:1:112:3:1", "96:1:1:112:3:2", "384:1:1:14:3:1")]
    public string Layer { get; set; } = "";

    /// <summary>Packs the kernel.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        var sizes = Array.ConvertAll(Layer.Split(':'), static text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
        var (groups, inputs, outputs, image, kernel, stride) = (sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]);
        var filter = groups > 1 ? new Shape(groups, outputs, inputs, kernel, kernel) : new Shape(outputs, inputs, kernel, kernel);
        var attributes = new Dictionary<string, string>
        {
            ["strides"] = $"{stride},{stride}",
            ["dilations"] = "1,1",
            ["pads_begin"] = $"{kernel / 2},{kernel / 2}",
            ["pads_end"] = $"{kernel / 2},{kernel / 2}",
        };
        _harness = new OperationHarness(
            "Convolution", attributes, [(new Shape(1, groups * inputs, image, image), false), (filter, true)], node => new Convolution(node, groups > 1));
    }

    /// <summary>One layer.</summary>
    [Benchmark]
    public float Convolve() => _harness.Run();

    /// <summary>Frees the tensors.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _harness?.Dispose();
        GC.SuppressFinalize(this);
    }
}
