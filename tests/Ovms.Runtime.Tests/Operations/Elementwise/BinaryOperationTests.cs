using Ovms.Runtime.Embedded;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Tests.Operations.Matrix;

namespace Ovms.Runtime.Tests.Operations.Elementwise;

public sealed class BinaryOperationTests
{
    [Theory]
    [InlineData("true", new[] { 3, -4, -4, 3, int.MinValue })]
    [InlineData("false", new[] { 3, -3, -3, 3, int.MinValue })]
    public void Divide_Integers_RoundsAsTheAttributeSays(string floor, int[] want)
    {
        using var host = new OperationHost().Attribute("m_pythondiv", floor)
            .Input<int>(ElementType.I32, [7, -7, 7, -7, int.MinValue], false, 5)
            .Input<int>(ElementType.I32, [2, 2, -2, -2, -1], false, 5)
            .Create("Divide", 1, OperationRegistry.Default.Create);

        Assert.Equal(want, host.Prepare().Run().Output<int>());
    }

    [Theory]
    [InlineData("Divide")]
    [InlineData("Mod")]
    [InlineData("FloorMod")]
    public void Run_IntegerDivisorZero_RefusesWithTheLayersName(string type)
    {
        using var host = new OperationHost()
            .Input<long>(ElementType.I64, [1, 2], false, 2).Input<long>(ElementType.I64, [1, 0], false, 2)
            .Create(type, 1, OperationRegistry.Default.Create);
        host.Prepare();

        var exception = Assert.Throws<ModelLoadException>(() => host.Run());

        Assert.Contains("tested", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2f)]
    [InlineData(3f)]
    [InlineData(0.5f)]
    [InlineData(-1f)]
    [InlineData(1f)]
    [InlineData(2.5f)]
    public void Power_ScalarExponent_AgreesWithPow(float exponent)
    {
        float[] values = [0, -0f, 1, 2.5f, 1e-3f, 7, float.PositiveInfinity, 123, float.NaN, 0.1f, -4, -2, float.NegativeInfinity];
        using var host = new OperationHost()
            .Input<float>(ElementType.F32, values, false, values.Length).Input<float>(ElementType.F32, [exponent], true)
            .Create("Power", 1, OperationRegistry.Default.Create);

        var got = host.Prepare().Run().Output<float>();

        for (var i = 0; i < values.Length; i++)
        {
            var want = MathF.Pow(values[i], exponent);
            Assert.True(want.Equals(got[i]) || MathF.Abs(got[i] - want) <= 3e-7f * MathF.Abs(want), $"{values[i]}^{exponent} = {got[i]}, not {want}");
        }
    }

    [Fact]
    public void Run_LargeTensorOnThreads_EqualsOneThreadAndAllocatesNothing()
    {
        const int Count = 1_000_003;
        var values = new float[Count];
        for (var i = 0; i < Count; i++)
        {
            values[i] = i;
        }

        using var workers = new TestWorkers(3);
        using var host = new OperationHost { Workers = workers }
            .Input<float>(ElementType.F32, values, false, Count).Input<float>(ElementType.F32, [0.5f], false)
            .Create("Multiply", 1, OperationRegistry.Default.Create);
        host.Prepare().Run();

        var before = GC.GetAllocatedBytesForCurrentThread();
        host.Run();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(values.Select(static v => v * 0.5f), host.Output<float>());
        Assert.Equal(0, allocated);
    }
}
