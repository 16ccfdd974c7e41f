using System.Runtime.InteropServices;
using System.Text;
using Ovms.Runtime.Protobuf;
using Ovms.Runtime.Tensors;
using Ovms.Server.Dispatch;
using Ovms.Server.Wire.TfServing;

namespace Ovms.Server.Tests.Wire;

/// <summary>The byte-exact examples of W§8.1 to §8.7, read from differently cut memory and written again.</summary>
public sealed class WorkedExampleTests
{
    private const string ContentHex = "00000000" + "0000803f" + "00000040" + "00004040" + "00008040" + "0000a040" + "0000c040" + "0000e040" + "00000041" + "00001041";

    // model_spec "dummy" | inputs entry: key "b", value: DT_FLOAT, dims 1 and 10, then the content's tag and length.
    private const string PredictHex = "0a070a0564756d6d79" + "123b0a01621236" + "0801" + "1208120208011202080a" + "2228" + ContentHex;
    private const string FloatValHex = "0a070a0564756d6d79" + "123b0a01621236" + "0801" + "1208120208011202080a" + "2a28" + ContentHex;
    private const string HalfValHex = "0a030a016d121a0a01781215081312081202080112020803" + "6a0780788080038070";

    private const string StatefulHex =
        "0a0b0a09726d5f6c73746d346612260a1673657175656e63655f636f6e74726f6c5f696e707574120c081612041202080182010101" +
        "121b0a0b73657175656e63655f6964120c08171204120208018a01010a";

    private const string ResponseHex = "0a3b0a0161123608011208120208011202080a2228" +
        "0000803f000000400000404000008040" + "0000a0400000c0400000e040000000410000104100002041";

    private const string MapHex = "0a3f0a0f73657276696e675f64656661756c74122c0a140a0162120f0a01621001" +
        "1a08120208011202080a12140a0161120f0a016110011a08120208011202080a";

    private const string MetadataHex = "0a0b0a0564756d6d7912020801128c010a0d7369676e61747572655f646566127b" +
        "0a36747970652e676f6f676c65617069732e636f6d2f74656e736f72666c6f772e73657276696e672e5369676e61747572654465664d61701241" + MapHex;

    [Theory]
    [InlineData(PredictHex, 70)]
    [InlineData(FloatValHex, 70)]
    [InlineData(StatefulHex, 82)]
    [InlineData(HalfValHex, 33)]
    public void PredictRequest_WorkedExample_RoundTripsByteForByte(string hex, int length) => AssertRoundTrip(new PredictRequest(), hex, length);

    [Fact]
    public void PredictResponse_WorkedExample_RoundTripsByteForByte() => AssertRoundTrip(new PredictResponse(), ResponseHex, 61);

    [Fact]
    public void GetModelMetadata_WorkedExamples_RoundTripByteForByte()
    {
        AssertRoundTrip(new GetModelMetadataRequest(), "0a070a0564756d6d79120d7369676e61747572655f646566", 24);
        AssertRoundTrip(new SignatureDefMap(), MapHex, 65);
        AssertRoundTrip(new GetModelMetadataResponse(), MetadataHex, 156);
    }

    [Fact]
    public void GetModelStatus_WorkedExamples_RoundTripByteForByte()
    {
        AssertRoundTrip(new GetModelStatusRequest(), "0a070a0564756d6d79", 9);
        AssertRoundTrip(new GetModelStatusResponse(), "0a0a0801101e1a0412024f4b", 12);
    }

    [Theory]
    [InlineData(PredictHex)]
    [InlineData(FloatValHex)]
    public void PredictRequest_TensorContentOrFloatVal_GivesNameShapeAndElements(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        foreach (var source in new[] { Segments.Whole(bytes), Segments.Single(bytes), Segments.Split(bytes, new Random(1)) })
        {
            var request = new PredictRequest();

            Assert.True(request.TryParse(source));

            Assert.Equal("dummy", request.ModelSpec!.Name.ToString());
            Assert.Equal(ModelSpec.VersionChoiceOneof.None, request.ModelSpec.VersionChoiceCase);
            Assert.Equal(1, request.Inputs.Count);
            Assert.Equal("b", request.Inputs.KeyAt(0).ToString());
            var tensor = request.Inputs.ValueAt(0);
            Assert.Equal(DataType.Float, tensor.Dtype);
            Assert.Equal(10, tensor.TensorShape!.Dim[1].Size);
            Assert.True(tensor.HasContent(ElementType.F32, 10));
            Assert.False(tensor.HasContent(ElementType.F32, 11));
            var elements = new float[10];
            tensor.CopyContentTo(ElementType.F32, MemoryMarshal.AsBytes(elements.AsSpan()));
            Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], elements);
        }
    }

    [Fact]
    public void PredictRequest_HalfVal_GivesBitPatterns()
    {
        var request = new PredictRequest();

        Assert.True(request.TryParse(Convert.FromHexString(HalfValHex)));

        var tensor = request.Inputs.ValueAt(0);
        Assert.True(tensor.HasContent(ElementType.F16, 3));
        var elements = new Half[3];
        tensor.CopyContentTo(ElementType.F16, MemoryMarshal.AsBytes(elements.AsSpan()));
        Assert.Equal([(Half)1, (Half)(-2), (Half)0.5], elements);
    }

    [Fact]
    public void PredictRequest_StatefulInputs_GivesTheirOnlyValues()
    {
        var request = new PredictRequest();

        Assert.True(request.TryParse(Convert.FromHexString(StatefulHex)));

        Assert.True(request.Inputs.TryGetValue("sequence_id", out var id));
        Assert.Equal(10ul, id.Uint64Val.First());
        Assert.True(request.Inputs.TryGetValue("sequence_control_input", out var control));
        Assert.Equal(1u, control.Uint32Val.First());
    }

    [Fact]
    public void PredictResponse_BuiltFromEngineMemory_IsTheWorkedExample()
    {
        var memory = MemoryMarshal.AsBytes<float>(new float[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }).ToArray();
        var response = new PredictResponse();

        response.AddOutput(Encoding.UTF8.GetBytes("a"), ElementType.F32, new Shape(1, 10), memory);

        Assert.Equal(ResponseHex, Convert.ToHexStringLower(response.ToByteArray()));
    }

    [Fact]
    public void GetModelStatusResponse_BuiltFromStates_IsTheWorkedExample()
    {
        var response = new GetModelStatusResponse();

        var version = response.ModelVersionStatus.Add();
        version.Version = 1;
        version.State = ModelVersionState.Available;
        version.EnsureStatus().ErrorMessage = "OK";

        Assert.Equal("0a0a0801101e1a0412024f4b", Convert.ToHexStringLower(response.ToByteArray()));
    }

    private static void AssertRoundTrip<TMessage>(TMessage message, string hex, int length)
        where TMessage : class, IProtoMessage
    {
        var bytes = Convert.FromHexString(hex);
        Assert.Equal(length, bytes.Length);
        foreach (var source in new[] { Segments.Whole(bytes), Segments.Single(bytes), Segments.Split(bytes, new Random(1)) })
        {
            message.Clear();
            ProtoScratch? scratch = null;
            var reader = new ProtoReader(source, ref scratch);

            Assert.True(message.TryMergeFrom(ref reader));

            Assert.Equal(hex, Convert.ToHexStringLower(message.ToByteArray()));
            Assert.Equal(length, message.MeasuredSize);
        }
    }
}
