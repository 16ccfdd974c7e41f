using Ovms.Runtime.Embedded.Operations.Recurrent;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Tests.Operations.Matrix;

namespace Ovms.Runtime.Tests.Operations.Recurrent;

public sealed class RecurrentTests
{
    [Theory]
    [InlineData(2, 5, 3, 4)]
    [InlineData(8, 6, 96, 80)]
    public void Run_LstmSequence_EqualsDoublePrecision(int batch, int steps, int inputs, int hidden)
    {
        var random = new Random(16);
        var x = MatMulTests.RandomFloats(random, batch * steps * inputs);
        var (h, c) = (MatMulTests.RandomFloats(random, batch * hidden), MatMulTests.RandomFloats(random, batch * hidden));
        var (w, r) = (MatMulTests.RandomFloats(random, 4 * hidden * inputs), MatMulTests.RandomFloats(random, 4 * hidden * hidden));
        var b = MatMulTests.RandomFloats(random, 4 * hidden);
        using var pool = new TestWorkers(3);
        using var host = Lstm(batch, steps, inputs, hidden, x, h, c, w, r, b, pool);

        var actual = host.Output<float>();
        for (var image = 0; image < batch; image++)
        {
            var state = Enumerable.Range(0, hidden).Select(i => (double)h[(image * hidden) + i]).ToArray();
            var cell = Enumerable.Range(0, hidden).Select(i => (double)c[(image * hidden) + i]).ToArray();
            for (var step = 0; step < steps; step++)
            {
                var gates = new double[4 * hidden];
                for (var gate = 0; gate < gates.Length; gate++)
                {
                    gates[gate] = b[gate];
                    for (var i = 0; i < inputs; i++)
                    {
                        gates[gate] += (double)w[(gate * inputs) + i] * x[(((image * steps) + step) * inputs) + i];
                    }

                    for (var i = 0; i < hidden; i++)
                    {
                        gates[gate] += r[(gate * hidden) + i] * state[i];
                    }
                }

                for (var i = 0; i < hidden; i++)
                {
                    // Gates f, i, c, o.
                    cell[i] = (Sigmoid(gates[i]) * cell[i]) + (Sigmoid(gates[hidden + i]) * Math.Tanh(gates[(2 * hidden) + i]));
                    state[i] = Sigmoid(gates[(3 * hidden) + i]) * Math.Tanh(cell[i]);
                    Assert.Equal(state[i], actual[(((image * steps) + step) * hidden) + i], 1e-4);
                }
            }

            for (var i = 0; i < hidden; i++)
            {
                Assert.Equal(state[i], host.Output<float>(1)[(image * hidden) + i], 1e-4);
                Assert.Equal(cell[i], host.Output<float>(2)[(image * hidden) + i], 1e-4);
            }
        }
    }

    [Fact]
    public void Run_SteadyState_AllocatesNothing()
    {
        using var pool = new TestWorkers(2);
        using var host = Lstm(
            4, 5, 64, 64, new float[4 * 5 * 64], new float[4 * 64], new float[4 * 64], new float[4 * 64 * 64], new float[4 * 64 * 64], new float[4 * 64], pool);

        var before = GC.GetAllocatedBytesForCurrentThread();
        host.Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static OperationHost Lstm(
        int batch, int steps, int inputs, int hidden, float[] x, float[] h, float[] c, float[] w, float[] r, float[] b, TestWorkers pool) =>
        new OperationHost { Workers = pool }
            .Attribute("hidden_size", $"{hidden}").Attribute("direction", "forward")
            .Input<float>(ElementType.F32, x, false, batch, steps, inputs)
            .Input<float>(ElementType.F32, h, false, batch, 1, hidden)
            .Input<float>(ElementType.F32, c, false, batch, 1, hidden)
            .Input<long>(ElementType.I64, Enumerable.Repeat((long)steps, batch).ToArray(), false, batch)
            .Input<float>(ElementType.F32, w, true, 1, 4 * hidden, inputs)
            .Input<float>(ElementType.F32, r, true, 1, 4 * hidden, hidden)
            .Input<float>(ElementType.F32, b, true, 1, 4 * hidden)
            .Outputs(3)
            .Create("LSTMSequence", 5, static node => new RecurrentLayer(node, RecurrentKind.Lstm, isSequence: true))
            .Prepare()
            .Run();
}
