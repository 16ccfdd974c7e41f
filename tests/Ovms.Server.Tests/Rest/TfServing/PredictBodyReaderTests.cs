using System.Globalization;
using System.Text;
using Ovms.Runtime.Tensors;
using Ovms.Server.Dispatch;

namespace Ovms.Server.Tests.Rest.TfServing;

public sealed class PredictBodyReaderTests
{
    private const string NotInstance = "Could not parse instance content. Not valid ndarray detected";
    private const string NotInput = "Could not parse input content. Not valid ndarray detected";

    [Theory]
    [InlineData("""{"instances":[[1,2],[3,4]]}""", "(2,2)", true)]
    [InlineData("""{"instances": [ 1 , 2 , 3 , 4 ] }""", "(4)", true)]
    [InlineData("""{"instances":[{"b":[1,2]},{"b":[3,4]}]}""", "(2,2)", true)]
    [InlineData("""{"instances":[{"b":1},{"b":2},{"b":3},{"b":4}]}""", "(4)", true)]
    [InlineData("""{"inputs":{"b":[[1,2],[3,4]]}}""", "(2,2)", false)]
    [InlineData("""{"inputs":[[[1],[2]],[[3],[4]]]}""", "(2,2,1)", false)]
    [InlineData("""{"signature_name":"serving_default","inputs":[1,2,3,4]}""", "(4)", false)]
    [InlineData("""{"inputs":[1,2,3,4],"signature_name":{"any":[1,"type",null]}}""", "(4)", false)]
    [InlineData("{\n\t\"extra\" : [true,false,null,1.5e3,\"\\u00e9\\\"\"],\r\n \"inputs\" : [\n 1,\n 2,\n 3,\n 4 ]\n}\n", "(4)", false)]
    [InlineData("""{"inputs":{"b":[[1,2,3,4]]},"inputs":7}""", "(1,4)", false)]
    [InlineData("""{"instances":[[[[[[[[1],[2],[3],[4]]]]]]]]}""", "(1,1,1,1,1,1,4,1)", true)]
    [InlineData("""{"\u0069nputs":{"\u0062":[1,2,3,4]}}""", "(4)", false)]
    public void Parse_ValidBodies_GiveShapeAndValues(string body, string shape, bool isRow)
    {
        using var harness = BodyHarness.One(ElementType.F32, -1, -1);

        Assert.Equal(ServingFault.None, harness.ParseEveryWay(body));

        Assert.Equal(shape, harness.ShapeOf());
        Assert.Equal([1f, 2f, 3f, 4f], harness.Values<float>());
        Assert.Equal(isRow, harness.Reader.IsRowFormat);
    }

    [Theory]
    [InlineData("""{"inputs":5}""")]
    [InlineData("""{"inputs":{"b":5}}""")]
    [InlineData("""{"inputs":{"b":5.0e0}}""")]
    public void Parse_Scalars_GiveRankZero(string body)
    {
        using var harness = BodyHarness.One(ElementType.F32);

        Assert.Equal(ServingFault.None, harness.ParseEveryWay(body));

        Assert.Equal("()", harness.ShapeOf());
        Assert.Equal([5f], harness.Values<float>());
    }

    [Theory]
    [InlineData("""{"instances":[[]]}""", "(1,0)")]
    [InlineData("""{"instances":[[],[]]}""", "(2,0)")]
    [InlineData("""{"inputs":[]}""", "(0)")]
    [InlineData("""{"inputs":{"b":[[[]],[[]]]}}""", "(2,1,0)")]
    public void Parse_EmptyArrays_GiveZeroDimensions(string body, string shape)
    {
        using var harness = BodyHarness.One(ElementType.F32, -1, -1);

        Assert.Equal(ServingFault.None, harness.ParseEveryWay(body));

        Assert.Equal(shape, harness.ShapeOf());
        Assert.Empty(harness.Values<float>());
    }

    [Fact]
    public void Parse_SeveralInputs_InAnyOrderOfKeys()
    {
        using var harness = new BodyHarness(BodyHarness.Input("x", ElementType.I32, -1, 2), BodyHarness.Input("y", ElementType.F64, -1));

        Assert.Equal(ServingFault.None, harness.ParseEveryWay("""{"instances":[{"x":[1,2],"y":0.5},{"y":1.5,"x":[3,4]}]}"""));

        Assert.Equal("(2,2)", harness.ShapeOf(0));
        Assert.Equal([1, 2, 3, 4], harness.Values<int>(0));
        Assert.Equal("(2)", harness.ShapeOf(1));
        Assert.Equal([0.5, 1.5], harness.Values<double>(1));

        Assert.Equal(ServingFault.None, harness.ParseEveryWay("""{"inputs":{"y":[2.5],"x":[[7,8]]}}"""));
        Assert.Equal([7, 8], harness.Values<int>(0));
        Assert.Equal([2.5], harness.Values<double>(1));
    }

    [Fact]
    public void Parse_BareTokens_GiveNotANumberAndInfinities()
    {
        using var harness = BodyHarness.One(ElementType.F32, -1);

        Assert.Equal(ServingFault.None, harness.ParseEveryWay("""{"inputs":[NaN,Infinity,-Infinity,Inf,-Inf,-NaN,1]}"""));

        Assert.Equal([float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 1f], harness.Values<float>());
    }

    [Theory]
    [InlineData(ElementType.U64, "18446744073709551615,0,1", "FFFFFFFFFFFFFFFF00000000000000000100000000000000")]
    [InlineData(ElementType.I64, "9223372036854775807,-9223372036854775808,-1", "FFFFFFFFFFFFFF7F0000000000000080FFFFFFFFFFFFFFFF")]
    [InlineData(ElementType.I64, "9007199254740993,1.9,-1.9,1e3,-0,2.5E+1", "010000000000200001000000000000" + "00FFFFFFFFFFFFFFFFE80300000000000000000000000000001900000000000000")]
    [InlineData(ElementType.I32, "2147483647,-2147483648", "FFFFFF7F00000080")]
    [InlineData(ElementType.U32, "4294967295,0.5", "FFFFFFFF00000000")]
    [InlineData(ElementType.I16, "32767,-32768", "FF7F0080")]
    [InlineData(ElementType.U16, "65535,1", "FFFF0100")]
    [InlineData(ElementType.I8, "127,-128,-1.99", "7F80FF")]
    [InlineData(ElementType.U8, "255,0,-0.5", "FF0000")]
    [InlineData(ElementType.F16, "1.0,-2,65504,6e-8,NaN,Infinity", "003C00C0FF7B010000FE007C")]
    [InlineData(ElementType.BF16, "1.0,-2,1e-3,Infinity", "803F00C0833A807F")]
    [InlineData(ElementType.Boolean, "true,false,true", "010001")]
    public void Parse_Values_ConvertToTheModelsType(ElementType type, string values, string bytes)
    {
        using var harness = BodyHarness.One(type, -1);

        Assert.Equal(ServingFault.None, harness.ParseEveryWay($$"""{"inputs":[{{values}}]}"""));
        Assert.Equal(bytes, Convert.ToHexString(harness.Inputs.HostTensor(0)!.Bytes));

        // Blanks and length move the numbers between the fast and the slow scanner.
        var padded = string.Join(" ,  ", values.Split(',')) + new string(' ', 64);
        Assert.Equal(ServingFault.None, harness.ParseEveryWay($$"""{"instances":[{{padded}}]}"""));
        Assert.Equal(bytes, Convert.ToHexString(harness.Inputs.HostTensor(0)!.Bytes));
    }

    [Theory]
    [InlineData(ElementType.U8, "256")]
    [InlineData(ElementType.U8, "-1")]
    [InlineData(ElementType.U8, "NaN")]
    [InlineData(ElementType.I8, "128")]
    [InlineData(ElementType.I8, "-129")]
    [InlineData(ElementType.U16, "65536")]
    [InlineData(ElementType.I16, "-32769")]
    [InlineData(ElementType.U32, "4294967296")]
    [InlineData(ElementType.I32, "2147483648")]
    [InlineData(ElementType.I32, "1e10")]
    [InlineData(ElementType.I64, "9223372036854775808")]
    [InlineData(ElementType.I64, "-9223372036854775809")]
    [InlineData(ElementType.U64, "18446744073709551616")]
    [InlineData(ElementType.U64, "-1")]
    [InlineData(ElementType.I64, "Infinity")]
    [InlineData(ElementType.F32, "1e39")]
    [InlineData(ElementType.F32, "-340282356779733661637539395458142568448")]
    [InlineData(ElementType.F16, "65520")]
    [InlineData(ElementType.BF16, "3.4e38")]
    [InlineData(ElementType.Boolean, "1")]
    [InlineData(ElementType.F32, "true")]
    [InlineData(ElementType.F32, "null")]
    [InlineData(ElementType.I32, "false")]
    [InlineData(ElementType.F32, "\"1\"")]
    public void Parse_ValuesOutOfRangeOrOfWrongKind_AreRefused(ElementType type, string value)
    {
        using var harness = BodyHarness.One(type, -1);

        Assert.Equal(NotInput, harness.ParseEveryWay($$"""{"inputs":[{{value}}]}""").Message);
        Assert.Equal(NotInput, harness.ParseEveryWay($$"""{"inputs":[{{value}}{{new string(' ', 64)}}]}""").Message);
        Assert.Equal(NotInstance, harness.ParseEveryWay($$"""{"instances":[{"b":{{value}}},{"b":0}]}""").Message);
    }

    [Theory]
    [InlineData("[]", "Request body should be JSON object")]
    [InlineData("5", "Request body should be JSON object")]
    [InlineData("\"text\"", "Request body should be JSON object")]
    [InlineData("null", "Request body should be JSON object")]
    [InlineData("{}", "Invalid JSON structure. Could not detect row or column format")]
    [InlineData("""{"signature_name":"x"}""", "Invalid JSON structure. Could not detect row or column format")]
    [InlineData("""{"inputs":[1],"instances":[1]}""", "Invalid JSON structure. Could not detect row or column format")]
    [InlineData("""{"instances":5,"inputs":[1]}""", "Invalid JSON structure. Could not detect row or column format")]
    [InlineData("""{"instances":5}""", "Invalid JSON structure. Nonamed instance is not an array.")]
    [InlineData("""{"instances":{"b":[1]}}""", "Invalid JSON structure. Nonamed instance is not an array.")]
    [InlineData("""{"instances":"x"}""", "Invalid JSON structure. Nonamed instance is not an array.")]
    [InlineData("""{"instances":null}""", "Invalid JSON structure. Nonamed instance is not an array.")]
    [InlineData("""{"instances":[]}""", "Invalid JSON structure. Missing instances in row format")]
    [InlineData("""{"instances":[true]}""", "Could not detect neither named or nonamed format")]
    [InlineData("""{"instances":[null,1]}""", "Could not detect neither named or nonamed format")]
    [InlineData("""{"instances":[{"b":[1]},[1]]}""", "Invalid JSON structure. One of named instances is not a JSON object.")]
    [InlineData("""{"instances":[{"b":[1]},1]}""", "Invalid JSON structure. One of named instances is not a JSON object.")]
    [InlineData("""{"instances":[{"b":[1]},null]}""", "Invalid JSON structure. One of named instances is not a JSON object.")]
    [InlineData("""{"instances":[{}]}""", NotInstance)]
    [InlineData("""{"instances":[{"b":[1]},{}]}""", NotInstance)]
    [InlineData("""{"instances":[{"b":[1,2]},{"b":[1]}]}""", NotInstance)]
    [InlineData("""{"instances":[{"b":[1]},{"b":1}]}""", NotInstance)]
    [InlineData("""{"instances":[{"b":[1],"b":[1]}]}""", NotInstance)]
    [InlineData("""{"instances":[{"b":true}]}""", NotInstance)]
    [InlineData("""{"instances":[{"b":{"x":1}}]}""", NotInstance)]
    [InlineData("""{"instances":[[1,2],[3]]}""", NotInstance)]
    [InlineData("""{"instances":[[1],2]}""", NotInstance)]
    [InlineData("""{"instances":[1,[2]]}""", NotInstance)]
    [InlineData("""{"instances":[[],[1]]}""", NotInstance)]
    [InlineData("""{"instances":[[1],[]]}""", NotInstance)]
    [InlineData("""{"instances":[[],[[]]]}""", NotInstance)]
    [InlineData("""{"instances":[[1,"x"]]}""", NotInstance)]
    [InlineData("""{"instances":[[1,null]]}""", NotInstance)]
    [InlineData("""{"instances":[1,{"b":2}]}""", NotInstance)]
    [InlineData("""{"instances":["x"]}""", NotInstance)]
    [InlineData("""{"instances":[{"b64":"!"}]}""", NotInstance)]
    [InlineData("""{"inputs":"x"}""", "Invalid JSON structure. One of inputs is not a JSON object.")]
    [InlineData("""{"inputs":true}""", "Invalid JSON structure. One of inputs is not a JSON object.")]
    [InlineData("""{"inputs":null}""", "Invalid JSON structure. One of inputs is not a JSON object.")]
    [InlineData("""{"inputs":{}}""", "Invalid JSON structure, missing inputs")]
    [InlineData("""{"inputs":{"b":null}}""", NotInput)]
    [InlineData("""{"inputs":{"b":"text"}}""", NotInput)]
    [InlineData("""{"inputs":{"b":{"c":[1]}}}""", NotInput)]
    [InlineData("""{"inputs":{"b":{}}}""", NotInput)]
    [InlineData("""{"inputs":{"b":[[1,2],[3]]}}""", NotInput)]
    [InlineData("""{"inputs":{"b":[1],"b":[1]}}""", NotInput)]
    [InlineData("""{"inputs":[[1],[2,3]]}""", NotInput)]
    [InlineData("""{"inputs":[{"b64":"AAAA","x":1}]}""", NotInput)]
    [InlineData("""{"inputs":[{"b64":5}]}""", NotInput)]
    [InlineData("""{"inputs":[{"b64":["AAAA"]}]}""", NotInput)]
    [InlineData("""{"inputs":[{"b64":"AAAA"},1]}""", NotInput)]
    [InlineData("""{"inputs":[1,{"b64":"AAAA"}]}""", NotInput)]
    [InlineData("""{"inputs":{"x":true}}""", NotInput)]
    [InlineData("""{"inputs":{"x":[[1],[1,2]]}}""", NotInput)]
    public void Parse_BodiesOfWrongStructure_GiveUpstreamsText(string body, string text)
    {
        using var harness = BodyHarness.One(ElementType.F32, -1, -1);

        Assert.Equal(text, harness.ParseEveryWay(body).Message);
    }

    [Theory]
    [InlineData("""{"instances":[[1]]}""", "Inputs inside buffer does not match expected format.")]
    [InlineData("""{"inputs":[[1]]}""", "Inputs inside buffer does not match expected format.")]
    [InlineData("""{"inputs":1}""", "Invalid JSON structure. One of inputs is not a JSON object.")]
    [InlineData("""{"instances":[{"x":1,"y":1},{"x":1}]}""", "Invalid JSON structure. Request inputs have different batch sizes")]
    public void Parse_UnnamedForSeveralInputs_IsRefused(string body, string text)
    {
        using var harness = new BodyHarness(BodyHarness.Input("x", ElementType.F32, -1), BodyHarness.Input("y", ElementType.F32, -1));

        Assert.Equal(text, harness.ParseEveryWay(body).Message);
    }

    [Theory]
    [InlineData("""{"inputs": [[0,1,2]]}""", "Invalid input shape - Expected: (1,10); Actual: (1,3); input name: b")]
    [InlineData("""{"inputs": {"x": [[0]], "b": [[0]]}}""", "Invalid number of inputs - Expected: 1; Actual: 2")]
    [InlineData("""{"inputs": {"x": [[0]]}}""", "Missing input with specific name - Required input: b")]
    [InlineData("""{"instances": [[0,1,2,3,4,5,6,7,8,9],[0,1,2,3,4,5,6,7,8,9]]}""", "Invalid input batch size - Expected: 1; Actual: 2; input name: b")]
    [InlineData("""{"instances": [0,1]}""", "Invalid number of shape dimensions - Expected: (1,10); Actual: (2); input name: b")]
    [InlineData("""{"inputs": [[[[[[[[[1]]]]]]]]]}""", "Invalid number of shape dimensions - Expected: (1,10); Actual: (1,1,1,1,1,1,1,1,1); input name: b")]
    [InlineData("""{"instances": [{"b64":"/9j/4AAQ"}]}""", "Functionality not implemented")]
    [InlineData("""{"instances": [{"b":{"b64":"/9j/\n4AA="}}]}""", "Functionality not implemented")]
    [InlineData("""{"inputs": {"b":[{"b64":""}]}}""", "Functionality not implemented")]
    [InlineData("""{"inputs": {"b64":"AAAA"}}""", "Functionality not implemented")]
    [InlineData("""{"instances": [{"x":1,"y":2,"x2":3},{"x":1,"y":2,"x2":3}]}""", "Invalid number of inputs - Expected: 1; Actual: 3")]
    public void ParseAndValidate_WellFormedButWrong_GiveUpstreamsText(string body, string text)
    {
        using var harness = BodyHarness.One(ElementType.F32, 1, 10);

        Assert.Equal(ServingFault.None, harness.ParseEveryWay(body));
        Assert.Equal(text, harness.Validate().Message);
    }

    [Theory]
    [InlineData("""{"instances":["ab","c"]}""", "(2)")]
    [InlineData("""{"inputs":["ab"]}""", "(1)")]
    public void Parse_StringsForByteMatrices_AreStringTensors(string body, string shape)
    {
        using var harness = BodyHarness.One(ElementType.U8, -1, -1);

        Assert.Equal(ServingFault.None, harness.ParseEveryWay(body));

        Assert.Equal(ElementType.String, harness.Inputs.TypeOf(0));
        Assert.Equal(shape, harness.ShapeOf());
    }

    [Fact]
    public void Parse_InputNamedB64_IsAnOrdinaryInput()
    {
        using var harness = new BodyHarness(BodyHarness.Input("b64", ElementType.F32, -1), BodyHarness.Input("y", ElementType.F32, -1));

        Assert.Equal(ServingFault.None, harness.ParseEveryWay("""{"instances":[{"b64":1,"y":2},{"b64":3,"y":4}]}"""));
        Assert.Equal([1f, 3f], harness.Values<float>(0));
        Assert.Equal(ServingFault.None, harness.ParseEveryWay("""{"inputs":{"b64":[1,3],"y":[2]}}"""));
        Assert.Equal(NotInstance, harness.ParseEveryWay("""{"instances":[{"b64":"AAAA","y":2}]}""").Message);
    }

    [Theory]
    [InlineData(128)]
    [InlineData(10_000)]
    [InlineData(2_000_000)]
    public void Parse_DeepNesting_IsBounded(int depth)
    {
        using var harness = BodyHarness.One(ElementType.F32, -1);

        Assert.Equal("JSON nesting depth exceeds the allowed limit", harness.Parse("{\"inputs\":" + new string('[', depth)).Message);
        Assert.Equal("JSON nesting depth exceeds the allowed limit", harness.Parse("{\"other\":" + string.Concat(Enumerable.Repeat("{\"a\":", depth))).Message);
    }

    [Fact]
    public void Parse_NestingAtTheLimit_IsReported()
    {
        using var harness = BodyHarness.One(ElementType.F32, -1);

        Assert.Equal(ServingFault.None, harness.ParseEveryWay("{\"inputs\":" + new string('[', 127) + "1" + new string(']', 127) + "}"));
        Assert.Equal(ServingStatus.InvalidNoOfShapeDimensions, harness.Validate().Status);
    }

    [Fact]
    public void Parse_LargeRandomTensors_EqualTheFramework()
    {
        using var harness = BodyHarness.One(ElementType.F32, -1, -1, -1);
        var random = new Random(3);
        var expected = new float[4 * 5 * 300];
        var text = new StringBuilder("{\"instances\":[");
        for (var i = 0; i < expected.Length; i++)
        {
            expected[i] = (i % 7) switch
            {
                0 => random.Next(-1000, 1000),
                1 => BitConverter.Int32BitsToSingle(random.Next(0x7F000000)),
                2 => random.Next(100) / 64f,
                _ => random.NextSingle() - 0.5f,
            };
            text.Append(i % 1500 == 0 ? (i == 0 ? "[[" : ",[[") : i % 300 == 0 ? "," + "[" : i % 11 == 0 ? ", " : ",");
            text.Append(expected[i].ToString(i % 2 == 0 ? "R" : "G17", CultureInfo.InvariantCulture));
            text.Append(i % 1500 == 1499 ? "]]" : i % 300 == 299 ? "]" : "");
        }

        var body = Encoding.ASCII.GetBytes(text.Append("]}").ToString());
        foreach (var piece in (int[])[int.MaxValue, 4096, 1000, 57, 1])
        {
            Assert.Equal(ServingFault.None, harness.Parse(body, piece));
            Assert.Equal("(4,5,300)", harness.ShapeOf());
            Assert.Equal(expected, harness.Values<float>());
        }
    }

    [Fact]
    public void Parse_MoreElementsThanAStaticShapeHas_StoresNoMoreThanThose()
    {
        using var harness = BodyHarness.One(ElementType.F32, 1, 10);

        Assert.Equal(ServingFault.None, harness.Parse("{\"inputs\":[[" + string.Join(',', Enumerable.Repeat("1", 2_000_000)) + "]]}"));

        Assert.Null(harness.Inputs.HostTensor(0));
        Assert.Equal("Invalid input shape - Expected: (1,10); Actual: (1,2000000); input name: b", harness.Validate().Message);
    }

    [Fact]
    public void Parse_RandomMutations_NeverThrowAndNeverLeak()
    {
        using var harness = new BodyHarness(BodyHarness.Input("x", ElementType.F32, -1, -1), BodyHarness.Input("y", ElementType.I64, -1));
        string[] seeds =
        [
            """{"instances":[{"x":[1.5,-2e3],"y":3},{"x":[0.1,NaN],"y":-4}],"signature_name":"a\u0041\ud83d\ude00"}""",
            """{"inputs":{"x":[[1,2,3],[4,5,6.25]],"y":[1,2]},"more":[{"b64":"AAAA"},true,null,[[]]]}""",
        ];
        var random = new Random(11);
        const string Alphabet = "[]{},:\"\\0123456789.eE+-trufalsn NI\0\u00ff\t";
        for (var i = 0; i < 100_000; i++)
        {
            var bytes = Encoding.Latin1.GetBytes(seeds[i % 2]);
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                bytes[random.Next(bytes.Length)] = (byte)Alphabet[random.Next(Alphabet.Length)];
            }

            var fault = harness.Parse(bytes, random.Next(1, 50));
            Assert.InRange(ServingStatusTable.HttpCode(fault.Status), 200, 499);
            if (!fault.IsFault)
            {
                harness.Validate();
            }
        }
    }

    [Fact]
    public void Parse_EveryTruncation_IsInvalidJson()
    {
        using var harness = BodyHarness.One(ElementType.F32, -1, -1);
        const string Body = """{"instances":[[1.5,-2e3],[3,4]],"x":"a\u0041","y":true}""";
        for (var length = 0; length < Body.Length; length++)
        {
            var fault = harness.ParseEveryWay(Body[..length]);
            Assert.Equal(ServingStatus.JsonInvalid, fault.Status);
            Assert.Matches("^The file is not valid json - Error: .*\\. Offset: [0-9]+$", fault.Message);
        }
    }

    [Fact]
    public void Parse_SteadyRequests_AllocateNothing()
    {
        using var harness = BodyHarness.One(ElementType.F32, 1, 10);
        var body = """{"signature_name": "serving_default", "instances": [{"b": [0.5, 1, 2.25, -3e-2, 4, 5, 6, 7, 8, 0.333333343]}]}"""u8.ToArray();
        for (var i = 0; i < 200; i++)
        {
            Assert.False(Run(harness, body));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var failed = false;
        for (var i = 0; i < 10_000; i++)
        {
            failed |= Run(harness, body);
        }

        Assert.False(failed);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static bool Run(BodyHarness harness, byte[] body)
    {
        harness.Begin(body.Length);
        harness.Reader.Feed(body.AsSpan(0, 60));
        harness.Reader.Feed(body.AsSpan(60));
        return harness.Reader.Finish().IsFault;
    }
}
