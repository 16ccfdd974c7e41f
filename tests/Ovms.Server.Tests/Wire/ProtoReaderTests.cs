using System.Runtime.InteropServices;
using System.Text;
using Ovms.Runtime.Protobuf;
using Ovms.Runtime.Tensors;
using Ovms.Server.Tests.Wire.Features;
using Ovms.Server.Wire.TfServing;

namespace Ovms.Server.Tests.Wire;

/// <summary>Limits and special cases of reading, one by one.</summary>
public sealed class ProtoReaderTests
{
    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void TryParse_NestedMessages_EndsAtTheRecursionLimit(int depth, bool accepted)
    {
        var bytes = Array.Empty<byte>();
        for (var i = 0; i < depth; i++)
        {
            bytes = [0x92, 0x01, .. Varint(bytes.Length), .. bytes]; // field 18, self
        }

        Assert.Equal(accepted, new ManagedFeatures().TryParse(Segments.Whole(bytes)));
        Assert.Equal(accepted, new SlicedFeatures().TryParse(Segments.Single(bytes)));
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    [InlineData(10_000, false)]
    public void TryParse_NestedUnknownGroups_EndsAtTheRecursionLimit(int depth, bool accepted)
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)0x2B, depth), .. Enumerable.Repeat((byte)0x2C, depth)]; // field 5: start, end

        Assert.Equal(accepted, new PredictRequest().TryParse(bytes));
    }

    [Theory]
    [InlineData("2b082a2c", true)]   // group 5 with a field inside
    [InlineData("2b34", false)]      // group 5 ended by 6
    [InlineData("2c", false)]        // end without start
    [InlineData("2b", false)]        // start without end
    [InlineData("0e", false)]        // wire type 6
    [InlineData("0f", false)]        // wire type 7
    [InlineData("00", false)]        // field number 0
    [InlineData("0a7f", false)]      // length beyond the end
    [InlineData("0affffffff0f", false)] // length -1
    [InlineData("0affffffff07", false)] // length 2^31 - 1
    [InlineData("1affffffffffffffffff02", false)] // varint of eleven bytes
    [InlineData("0a00", true)]
    public void TryParse_OddTagsAndLengths_AcceptsOrRefuses(string hex, bool accepted) =>
        Assert.Equal(accepted, new PredictRequest().TryParse(Segments.Single(Convert.FromHexString(hex))));

    [Fact]
    public void TryParse_LyingLength_ReservesNothing()
    {
        // string_value and bytes_value of two gigabytes, of which ten bytes are there.
        foreach (var tag in new byte[] { 0x72, 0x7A })
        {
            byte[] bytes = [tag, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
            var message = new ManagedFeatures();
            var before = GC.GetAllocatedBytesForCurrentThread();

            var accepted = message.TryParse(bytes);

            Assert.False(accepted);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024);
        }
    }

    [Fact]
    public void TryParse_InvalidUtf8_Refuses()
    {
        byte[] bytes = [0x1A, 2, 0xC3, 0x28]; // output_filter

        Assert.False(new PredictRequest().TryParse(Segments.Whole(bytes)));
        Assert.False(new PredictRequest().TryParse(Segments.Single(bytes)));
        Assert.False(new ManagedFeatures().TryParse([0x72, 2, 0xC3, 0x28]));
    }

    [Fact]
    public void TryParse_RepeatedSingularMessage_Merges()
    {
        var message = new ManagedFeatures();

        // leaf_value {1: 5}, then leaf_value {2: "x"}
        Assert.True(message.TryParse(Convert.FromHexString("8a01020805" + "8a0103120178")));

        Assert.Equal(5, message.LeafValue!.Number);
        Assert.Equal("x", message.LeafValue.Text);
    }

    [Fact]
    public void TryParse_MapKeyTwice_KeepsTheLastValueInTheFirstPlace()
    {
        var message = new ManagedFeatures();

        // int32_map {1: 10}, {2: 20}, {1: 30}, {}
        Assert.True(message.TryParse(Convert.FromHexString("ea03040801100a" + "ea030408021014" + "ea03040801101e" + "ea0300")));

        Assert.Equal(3, message.Int32Map.Count);
        Assert.Equal((1, 30L), (message.Int32Map.KeyAt(0), message.Int32Map.ValueAt(0)));
        Assert.Equal((2, 20L), (message.Int32Map.KeyAt(1), message.Int32Map.ValueAt(1)));
        Assert.Equal((0, 0L), (message.Int32Map.KeyAt(2), message.Int32Map.ValueAt(2)));
    }

    [Fact]
    public void TryParse_OneofTwice_KeepsTheLastMember()
    {
        var message = new ManagedFeatures();

        // choice_int32 = 7, choice_leaf {}, choice_string = "a"
        Assert.True(message.TryParse(Convert.FromHexString("880507" + "a20500" + "92050161")));

        Assert.Equal(ManagedFeatures.ChoiceOneof.ChoiceString, message.ChoiceCase);
        Assert.Equal("a", message.ChoiceString);
        Assert.Equal(0, message.ChoiceInt32);
        Assert.Null(message.ChoiceLeaf);
    }

    [Fact]
    public void TryParse_PackedAndUnpackedElements_ConcatenateInOrder()
    {
        // int_val: packed 1, 2; unpacked 3, -1; another field between; unpacked 4; packed 5
        var bytes = Convert.FromHexString("3a020102" + "3803" + "38ffffffffffffffffff01" + "0803" + "3804" + "3a0105");
        foreach (var source in new[] { Segments.Whole(bytes), Segments.Single(bytes), Segments.Split(bytes, new Random(8)) })
        {
            var tensor = new TensorProto();

            Assert.True(tensor.TryParse(source));

            Assert.True(tensor.HasContent(ElementType.I32, 6));
            var elements = new int[6];
            tensor.CopyContentTo(ElementType.I32, MemoryMarshal.AsBytes(elements.AsSpan()));
            Assert.Equal([1, 2, 3, -1, 4, 5], elements);
            var narrow = new byte[6];
            tensor.CopyContentTo(ElementType.U8, narrow);
            Assert.Equal([1, 2, 3, 255, 4, 5], narrow);
        }
    }

    [Fact]
    public void TryParse_ReusedMessage_ShowsNothingOfTheMessageBefore()
    {
        var message = new SlicedFeatures();
        var random = new RandomMessages(seed: 6);
        for (var i = 0; i < 50; i++)
        {
            Assert.True(message.TryParse(Google.Protobuf.MessageExtensions.ToByteArray(random.Next<Reference.AllFeatures>())));
        }

        Assert.True(message.TryParse([]));

        Assert.Equal(0, message.MeasureSize());
        Assert.Null(message.Self);
        Assert.Equal(SlicedFeatures.ChoiceOneof.None, message.ChoiceCase);
    }

    [Fact]
    public void TryParse_HundredThousandMapKeys_IsNotQuadratic()
    {
        var request = new ManagedFeatures();
        for (var i = 0; i < 100_000; i++)
        {
            request.StringMap.Set("key" + i, (ulong)i);
        }

        var parsed = new ManagedFeatures();
        Assert.True(parsed.TryParse(request.ToByteArray()));

        Assert.Equal(100_000, parsed.StringMap.Count);
        Assert.Equal(77_777, parsed.StringMap.IndexOf("key77777"));
    }

    [Fact]
    public void Segments_OfALargeContent_ReferToItsMemory()
    {
        var content = new byte[1_000_000];
        new Random(9).NextBytes(content);
        var response = new PredictResponse();
        response.AddOutput(Encoding.UTF8.GetBytes("a"), ElementType.U8, new Shape(1_000_000), content);
        response.AddOutput(Encoding.UTF8.GetBytes("b"), ElementType.U8, new Shape(3), new byte[3]);
        var segments = new ProtoSegments();

        segments.Write(response);

        Assert.Equal(3, segments.Segments.Length);
        Assert.True(MemoryMarshal.TryGetArray(segments.Segments[1], out var array));
        Assert.Same(content, array.Array);
        Assert.Equal(response.MeasuredSize, segments.Length);
        var joined = new List<byte>();
        foreach (var segment in segments.Segments)
        {
            joined.AddRange(segment.Span);
        }

        Assert.Equal(response.ToByteArray(), joined);
    }

    private static byte[] Varint(int value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        return [.. bytes, (byte)value];
    }
}
