using System.Runtime.InteropServices;
using System.Text;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Tensors;
using Ovms.Server.Dispatch;
using Ovms.Server.Rest.TfServing;

namespace Ovms.Server.Tests.Rest.TfServing;

public sealed class PredictResponseWriterTests
{
    private static readonly float[] s_floats = [5f, 10f, -3f, 2.5f, 9f, 55.5f, -0.5f, -1.5f];

    [Fact]
    public void Fill_RowsOfSeveralOutputs_MatchesUpstream()
    {
        sbyte[] bytes = [5, 2, 3, 8, -2, -100, 0, 125, 4, -1];
        Assert.Equal(
            """
            {
                "predictions": [
                    {
                        "output1": [[5.0, 10.0, -3.0, 2.5]],
                        "output2": [5, 2, 3, 8, -2]
                    },
                    {
                        "output1": [[9.0, 55.5, -0.5, -1.5]],
                        "output2": [-100, 0, 125, 4, -1]
                    }
                ]
            }
            """,
            Print(isRow: true, Output("output1", ElementType.F32, [2, 1, 4], s_floats), Output("output2", ElementType.I8, [2, 5], bytes)));
    }

    [Fact]
    public void Fill_RowsOfOneOutput_MatchesUpstream() => Assert.Equal(
        """
        {
            "predictions": [[[5.0, 10.0, -3.0, 2.5]], [[9.0, 55.5, -0.5, -1.5]]
            ]
        }
        """,
        Print(isRow: true, Output("output1", ElementType.F32, [2, 1, 4], s_floats)));

    [Fact]
    public void Fill_ColumnOfOneOutput_MatchesUpstream() => Assert.Equal(
        """
        {
            "outputs": [
                [
                    [
                        5.0,
                        10.0,
                        -3.0,
                        2.5
                    ]
                ],
                [
                    [
                        9.0,
                        55.5,
                        -0.5,
                        -1.5
                    ]
                ]
            ]
        }
        """,
        Print(isRow: false, Output("output1", ElementType.F32, [2, 1, 4], s_floats)));

    [Fact]
    public void Fill_ColumnOfSeveralOutputs_IsAnObjectByName() => Assert.Equal(
        """
        {
            "outputs": {
                "a\"\\\u0001\n": [
                    [
                        1.0,
                        2.0
                    ],
                    [
                        3.0,
                        4.0
                    ]
                ],
                "b": 7
            }
        }
        """,
        Print(isRow: false, Output("a\"\\\u0001\n", ElementType.F32, [2, 2], [1f, 2f, 3f, 4f]), Output("b", ElementType.I64, [], [7L])));

    [Theory]
    [InlineData(true, "1,0", "{\n    \"predictions\": [[]\n    ]\n}")]
    [InlineData(true, "2,0", "{\n    \"predictions\": [[], []\n    ]\n}")]
    [InlineData(true, "1,2,0", "{\n    \"predictions\": [[[], []]\n    ]\n}")]
    [InlineData(true, "0,3", "{\n    \"predictions\": []\n}")]
    [InlineData(false, "1,0", "{\n    \"outputs\": [\n        []\n    ]\n}")]
    [InlineData(false, "0", "{\n    \"outputs\": []\n}")]
    public void Fill_EmptyOutputs_MatchesUpstream(bool isRow, string dims, string expected)
    {
        long[] shape = [.. dims.Split(',').Select(long.Parse)];
        Assert.Equal(expected, Print(isRow, Output("a", ElementType.F32, shape, Array.Empty<float>())));
    }

    [Theory]
    [InlineData(ElementType.Boolean, "01000100", "true, false, true, false")]
    [InlineData(ElementType.U8, "00FF", "0, 255")]
    [InlineData(ElementType.I16, "0080FF7F", "-32768, 32767")]
    [InlineData(ElementType.U16, "FFFF", "65535")]
    [InlineData(ElementType.I32, "00000080", "-2147483648")]
    [InlineData(ElementType.U32, "FFFFFFFF", "4294967295")]
    [InlineData(ElementType.I64, "0000000000000080", "-9223372036854775808")]
    [InlineData(ElementType.U64, "FFFFFFFFFFFFFFFF", "18446744073709551615")]
    [InlineData(ElementType.F16, "003C662E007C00FE", "1.0, 0.0999755859, Infinity, NaN")]
    [InlineData(ElementType.BF16, "803FCD3D", "1.0, 0.100097656")]
    [InlineData(ElementType.F64, "9A9999999999B93F555555555555D53F", "0.1, 0.33333333333333331")]
    [InlineData(ElementType.F32, "0000C07F0000807F000080FF00000080", "NaN, Infinity, -Infinity, -0.0")]
    public void Fill_EveryType_PrintsUpstreamsNumbers(ElementType type, string hex, string expected)
    {
        var bytes = Convert.FromHexString(hex);
        Assert.Equal(
            "{\n    \"predictions\": [" + expected + "\n    ]\n}",
            Print(isRow: true, new Fixed("a", type, new Shape(bytes.Length / type.ByteSize()), bytes)));
    }

    [Fact]
    public void Begin_UnprintableAnswers_SaysWhy()
    {
        Assert.Equal(ServingStatus.RestProtoToStringError, Status(true, Output("a", ElementType.F32, [], [1f])));
        Assert.Equal(ServingStatus.Ok, Status(false, Output("a", ElementType.F32, [], [1f])));
        Assert.Equal(ServingStatus.RestProtoToStringError, Status(true, Output("a", ElementType.F32, [1], [1f]), Output("b", ElementType.F32, [2], [1f, 2f])));
        Assert.Equal(ServingStatus.RestUnsupportedPrecision, Status(false, new Fixed("a", ElementType.F8E4M3, new Shape(1), [1])));
    }

    [Fact]
    public void Fill_LargeAnswers_AreTheSameInSmallBuffers()
    {
        var random = new Random(5);
        var values = new float[3 * 7 * 500];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = random.NextSingle() - 0.5f;
        }

        foreach (var isRow in (bool[])[true, false])
        {
            Fixed[] outputs = [Output("a", ElementType.F32, [3, 7, 500], values), Output("b", ElementType.I32, [3, 1], [1, 2, 3])];
            var whole = Print(isRow, outputs);
            Assert.Equal(whole, Print(isRow, PredictResponseWriter.MinBuffer, outputs));
            Assert.Equal(whole, Print(isRow, PredictResponseWriter.MinBuffer + 77, outputs));
            using var json = System.Text.Json.JsonDocument.Parse(whole);
            var rows = json.RootElement.GetProperty(isRow ? "predictions" : "outputs");
            var last = isRow ? rows[2].GetProperty("a")[6][499] : rows.GetProperty("a")[2][6][499];
            Assert.Equal(values[^1], last.GetSingle());
        }
    }

    [Fact]
    public void Fill_SteadyAnswers_AllocateNothing()
    {
        var (servable, request) = Serve(Output("output1", ElementType.F32, [2, 1, 4], s_floats));
        var writer = new PredictResponseWriter();
        var buffer = new byte[PredictResponseWriter.MinBuffer];
        for (var i = 0; i < 200; i++)
        {
            writer.Begin(servable, request, (i & 1) == 0);
            writer.Fill(buffer);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            writer.Begin(servable, request, (i & 1) == 0);
            writer.Fill(buffer);
            writer.End();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string Print(bool isRow, params Fixed[] outputs) => Print(isRow, 1 << 20, outputs);

    private static string Print(bool isRow, int room, params Fixed[] outputs)
    {
        var (servable, request) = Serve(outputs);
        var writer = new PredictResponseWriter();
        Assert.Equal(ServingStatus.Ok, writer.Begin(servable, request, isRow));
        var buffer = new byte[room];
        var text = new StringBuilder();
        while (!writer.IsDone)
        {
            text.Append(Encoding.UTF8.GetString(buffer.AsSpan(0, writer.Fill(buffer))));
        }

        return text.ToString();
    }

    private static ServingStatus Status(bool isRow, params Fixed[] outputs)
    {
        var (servable, request) = Serve(outputs);
        return new PredictResponseWriter().Begin(servable, request, isRow);
    }

    private static Fixed Output<T>(string name, ElementType type, long[] shape, T[] values)
        where T : unmanaged => new(name, type, new Shape(shape), MemoryMarshal.AsBytes<T>(values).ToArray());

    private static (ServableVersion Servable, InferRequest Request) Serve(params Fixed[] outputs)
    {
        var model = new FixedModel(outputs);
        return (new ServableVersion("fixed", 1, model), new FixedRequest(outputs));
    }

    private sealed record Fixed(string Name, ElementType Type, Shape Shape, byte[] Bytes);

    private sealed class FixedModel(Fixed[] outputs) : CompiledModel
    {
        public override string BackendName => "fixed";

        public override ModelSignature Signature { get; } = new()
        {
            Inputs = [],
            Outputs = [.. outputs.Select((o, i) => Dispatch.FakeModel.Describe(o.Name, o.Type, PartialShape.Of(o.Shape.Dims), i))],
        };

        public override int OptimalRequestCount => 1;

        public override InferRequest CreateRequest() => new FixedRequest(outputs);

        protected override void Dispose(bool disposing)
        {
        }
    }

    private sealed class FixedRequest(Fixed[] outputs) : InferRequest
    {
        public override InferenceError TryPrepareInput(int index, in Shape shape, out Span<byte> destination) => throw new NotSupportedException();

        public override InferenceError SetInput(int index, Tensor tensor) => throw new NotSupportedException();

        public override InferenceError Infer() => InferenceError.None;

        public override void Cancel()
        {
        }

        public override OutputTensor GetOutput(int index) => new(outputs[index].Type, outputs[index].Shape, outputs[index].Bytes);

        public override void Reset()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
