using System.Buffers;
using Ovms.Runtime.Protobuf;
using Ovms.Runtime.Tensors;
using Ovms.Server.Wire.TfServing;

namespace Ovms.Server.Tests.Wire;

/// <summary>Reading and writing predict messages allocates nothing once their pooled objects are warm.</summary>
public sealed class AllocationTests
{
    private const int Elements = 3000;
    private static readonly byte[] s_name = "output"u8.ToArray();

    [Theory]
    [InlineData(ElementType.F32, true)]
    [InlineData(ElementType.F32, false)]
    [InlineData(ElementType.F16, false)]
    [InlineData(ElementType.U8, false)]
    [InlineData(ElementType.I64, false)]
    public void PredictRequest_ReadAndCopiedInSteadyState_AllocatesNothing(ElementType type, bool asContent)
    {
        var bytes = Request(type, asContent).ToByteArray();
        ReadOnlySequence<byte>[] sources = [Segments.Whole(bytes), Segments.Split(bytes, new Random(5)), Segments.Single(bytes)];
        var request = new PredictRequest();
        var destination = new byte[type.BytesFor(Elements)];
        byte[] first = "input_0"u8.ToArray();

        var allocated = Allocated(() =>
        {
            foreach (var source in sources)
            {
                Assert.True(request.TryParse(source));
                var index = request.Inputs.IndexOf(first);
                var tensor = request.Inputs.ValueAt(index);
                Assert.True(tensor.HasContent(type, Elements));
                tensor.CopyContentTo(type, destination);
                request.Clear();
            }
        });

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void PredictResponse_WrittenInSteadyState_AllocatesNothing()
    {
        var response = new PredictResponse();
        var content = new byte[20_000];
        var output = new ArrayBufferWriter<byte>(64 * 1024);
        var segments = new ProtoSegments();
        long[] dimensions = [1, 5000];

        var allocated = Allocated(() =>
        {
            response.Clear();
            response.AddOutput(s_name, ElementType.F32, new Shape(dimensions), content);
            output.ResetWrittenCount();
            response.MeasureSize();
            response.WriteMeasured(output);
            segments.Write(response);
            segments.Clear();
        });

        Assert.Equal(0, allocated);
        Assert.Equal(response.MeasuredSize, output.WrittenCount);
    }

    [Fact]
    public void PredictRequest_WithMoreInputsThanAreSearchedOneByOne_AllocatesNothing()
    {
        var source = Segments.Whole(Request(ElementType.F32, asContent: true, inputs: 40).ToByteArray());
        var request = new PredictRequest();

        var allocated = Allocated(() => Assert.True(request.TryParse(source)));

        Assert.Equal(0, allocated);
        Assert.Equal(39, request.Inputs.IndexOf("input_39"));
    }

    private static PredictRequest Request(ElementType type, bool asContent, int inputs = 3)
    {
        var request = new PredictRequest();
        request.EnsureModelSpec().Name = "a model whose name straddles segments";
        request.ModelSpec!.EnsureVersion().Value = 3;
        request.OutputFilter.Add("output");
        for (var input = 0; input < inputs; input++)
        {
            var tensor = request.Inputs.Put((Utf8Slice)$"input_{input}");
            tensor.Dtype = type.ToDataType();
            tensor.EnsureTensorShape().Dim.Add().Size = Elements;
            if (asContent)
            {
                tensor.TensorContent = new byte[type.BytesFor(Elements)];
                continue;
            }

            for (var i = 0; i < Elements; i++)
            {
                switch (type)
                {
                    case ElementType.F32:
                        tensor.FloatVal.Add(i);
                        break;
                    case ElementType.F16:
                        tensor.HalfVal.Add(BitConverter.HalfToUInt16Bits((Half)i));
                        break;
                    case ElementType.I64:
                        tensor.Int64Val.Add(i - 100);
                        break;
                    default:
                        tensor.IntVal.Add(i & 0xFF);
                        break;
                }
            }
        }

        return request;
    }

    private static long Allocated(Action action)
    {
        const int Rounds = 100;
        for (var i = 0; i < Rounds; i++)
        {
            action();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
        {
            action();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
