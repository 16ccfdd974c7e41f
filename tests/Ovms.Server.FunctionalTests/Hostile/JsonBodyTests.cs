namespace Ovms.Server.FunctionalTests.Hostile;

/// <summary>Bodies that are no JSON, no request, or no request to this model: code and text of each (W§3.2, §3.3, §2.3).</summary>
public sealed class JsonBodyTests(HostileServer server) : IClassFixture<HostileServer>
{
    private const string NotParsed = "Could not parse input content. Not valid ndarray detected";
    private const string RowNotParsed = "Could not parse instance content. Not valid ndarray detected";
    private const string NoObject = "Request body should be JSON object";
    private const string NoOrder = "Invalid JSON structure. Could not detect row or column format";
    private const string NoRows = "Invalid JSON structure. Nonamed instance is not an array.";
    private const string NoInputs = "Invalid JSON structure. One of inputs is not a JSON object.";

    // Texts and offsets are RapidJSON's (W§2.3): the offset of where the parser stood; of the backslash for escapes; of the number for one too big.
    [Theory]
    [InlineData("", "The document is empty.", 0)]
    [InlineData("  \r\n\t", "The document is empty.", 5)]
    [InlineData("{", "Missing a name for object member.", 1)]
    [InlineData("[", "Invalid value.", 1)]
    [InlineData("]", "Invalid value.", 0)]
    [InlineData("}", "Invalid value.", 0)]
    [InlineData("abc", "Invalid value.", 0)]
    [InlineData("'a'", "Invalid value.", 0)]
    [InlineData("// {}", "Invalid value.", 0)]
    [InlineData("\uFEFF{}", "Invalid value.", 0)]
    [InlineData("<inputs/>", "Invalid value.", 0)]
    [InlineData("tru", "Invalid value.", 3)]
    [InlineData("falsy", "Invalid value.", 4)]
    [InlineData("nan", "Invalid value.", 1)]
    [InlineData("truee", "The document root must not be followed by other values.", 4)]
    [InlineData("{} {}", "The document root must not be followed by other values.", 3)]
    [InlineData("{}]", "The document root must not be followed by other values.", 2)]
    [InlineData("1 2", "The document root must not be followed by other values.", 2)]
    [InlineData("{a:1}", "Missing a name for object member.", 1)]
    [InlineData("{'a':1}", "Missing a name for object member.", 1)]
    [InlineData("{1:2}", "Missing a name for object member.", 1)]
    [InlineData("{,}", "Missing a name for object member.", 1)]
    [InlineData("""{"a":1,}""", "Missing a name for object member.", 7)]
    [InlineData("""{"a":1,,"b":2}""", "Missing a name for object member.", 7)]
    [InlineData("""{"a" 1}""", "Missing a colon after a name of object member.", 5)]
    [InlineData("""{"a"}""", "Missing a colon after a name of object member.", 4)]
    [InlineData("{\"a", "Missing a closing quotation mark in string.", 3)]
    [InlineData("{\"a\\\"", "Missing a closing quotation mark in string.", 5)]
    [InlineData("""{"a":}""", "Invalid value.", 5)]
    [InlineData("""{"a"::1}""", "Invalid value.", 5)]
    [InlineData("""{"a":1 "b":2}""", "Missing a comma or } after an object member.", 7)]
    [InlineData("""{"a":1""", "Missing a comma or } after an object member.", 6)]
    [InlineData("""{"a":1]""", "Missing a comma or } after an object member.", 6)]
    [InlineData("""{"inputs": [[1, 2}""", "Missing a comma or ] after an array element.", 17)]
    [InlineData("[1 2]", "Missing a comma or ] after an array element.", 3)]
    [InlineData("[1", "Missing a comma or ] after an array element.", 2)]
    [InlineData("[1,]", "Invalid value.", 3)]
    [InlineData("[1,,2]", "Invalid value.", 3)]
    [InlineData("[,1]", "Invalid value.", 1)]
    [InlineData("""{"inputs": [[+1]]}""", "Invalid value.", 13)]
    [InlineData("""{"inputs": [[.5]]}""", "Invalid value.", 13)]
    [InlineData("""{"inputs": [[-]]}""", "Invalid value.", 14)]
    [InlineData("""{"inputs": [[01]]}""", "Missing a comma or ] after an array element.", 14)]
    [InlineData("""{"inputs": [[0x1]]}""", "Missing a comma or ] after an array element.", 14)]
    [InlineData("""{"inputs": [[1_0]]}""", "Missing a comma or ] after an array element.", 14)]
    [InlineData("""{"inputs": [[1.]]}""", "Miss fraction part in number.", 15)]
    [InlineData("""{"inputs": [[1.e5]]}""", "Miss fraction part in number.", 15)]
    [InlineData("""{"inputs": [[1e]]}""", "Miss exponent in number.", 15)]
    [InlineData("""{"inputs": [[1e+]]}""", "Miss exponent in number.", 16)]
    [InlineData("""{"inputs": [[1e999]]}""", "Number too big to be stored in double.", 13)]
    [InlineData("""{"inputs": [[-1e400]]}""", "Number too big to be stored in double.", 13)]
    [InlineData("""{"a\x": 1}""", "Invalid escape character in string.", 3)]
    [InlineData("""{"\u12G4": 1}""", """Incorrect hex digit after \\u escape in string.""", 2)]
    [InlineData("""{"\ud800": 1}""", "The surrogate pair in string is invalid.", 2)]
    [InlineData("""{"\ud800\u0041": 1}""", "The surrogate pair in string is invalid.", 2)]
    [InlineData("""{"\udc00": 1}""", "The surrogate pair in string is invalid.", 2)]
    [InlineData("{\"a\nb\": 1}", "Invalid encoding in string.", 3)]
    [InlineData("{\"a\u0001\": 1}", "Invalid encoding in string.", 3)]
    public async Task Predict_ABodyThatIsNoJson_IsRefusedWithTextAndOffset(string body, string text, int offset)
    {
        var answer = await server.PostAsync(body);

        Assert.Equal((412, $$"""{"error":"The file is not valid json - Error: {{text}} Offset: {{offset}}"}"""), answer);
    }

    [Theory]
    [InlineData("[]", NoObject)]
    [InlineData("1", NoObject)]
    [InlineData("\"x\"", NoObject)]
    [InlineData("null", NoObject)]
    [InlineData("true", NoObject)]
    [InlineData("{}", NoOrder)]
    [InlineData("{}\0garbage", NoOrder)]
    [InlineData("""{"Inputs": [[0]], "INSTANCES": [[0]]}""", NoOrder)]
    [InlineData("""{"inputs": [[0]], "instances": [[0]]}""", NoOrder)]
    [InlineData("""{"instances": {}}""", NoRows)]
    [InlineData("""{"instances": 1}""", NoRows)]
    [InlineData("""{"instances": "a"}""", NoRows)]
    [InlineData("""{"instances": null}""", NoRows)]
    [InlineData("""{"instances": []}""", "Invalid JSON structure. Missing instances in row format")]
    [InlineData("""{"instances": [true]}""", "Could not detect neither named or nonamed format")]
    [InlineData("""{"instances": [null]}""", "Could not detect neither named or nonamed format")]
    [InlineData("""{"instances": [{"b": [0]}, [0]]}""", "Invalid JSON structure. One of named instances is not a JSON object.")]
    [InlineData("""{"instances": [{"b": [0]}, 0]}""", "Invalid JSON structure. One of named instances is not a JSON object.")]
    [InlineData("""{"instances": [{}]}""", RowNotParsed)]
    [InlineData("""{"instances": [{"b": true}]}""", RowNotParsed)]
    [InlineData("""{"instances": [{"b": null}]}""", RowNotParsed)]
    [InlineData("""{"instances": [{"b": "x"}]}""", RowNotParsed)]
    [InlineData("""{"instances": [{"b": {"x": 1}}]}""", RowNotParsed)]
    [InlineData("""{"instances": [{"b": [0, 1]}, {"b": [0]}]}""", RowNotParsed)]
    [InlineData("""{"instances": [{"b": [0]}, {"b": 0}]}""", RowNotParsed)]
    [InlineData("""{"instances": [[0, 1], [0]]}""", RowNotParsed)]
    [InlineData("""{"instances": [[0], 0]}""", RowNotParsed)]
    [InlineData("""{"instances": [0, [0]]}""", RowNotParsed)]
    [InlineData("""{"instances": [[[0]], [0]]}""", RowNotParsed)]
    [InlineData("""{"instances": [[0, true]]}""", RowNotParsed)]
    [InlineData("""{"instances": [[0, "1"]]}""", RowNotParsed)]
    [InlineData("""{"instances": [{"b64": "!!"}]}""", RowNotParsed)]
    [InlineData("""{"inputs": "x"}""", NoInputs)]
    [InlineData("""{"inputs": null}""", NoInputs)]
    [InlineData("""{"inputs": false}""", NoInputs)]
    [InlineData("""{"inputs": {}}""", "Invalid JSON structure, missing inputs")]
    [InlineData("""{"inputs": {"b": true}}""", NotParsed)]
    [InlineData("""{"inputs": {"b": "x"}}""", NotParsed)]
    [InlineData("""{"inputs": {"b": {}}}""", NotParsed)]
    [InlineData("""{"inputs": {"b": [[0], 0]}}""", NotParsed)]
    [InlineData("""{"inputs": {"b": [[0, 1], [0]]}}""", NotParsed)]
    [InlineData("""{"inputs": {"b": [[0, null]]}}""", NotParsed)]
    [InlineData("""{"inputs": [[0, 1e39]]}""", NotParsed)]
    [InlineData("""{"inputs": 5}""", "Invalid number of shape dimensions - Expected: (1,10); Actual: (); input name: b")]
    [InlineData("""{"inputs": []}""", "Invalid number of shape dimensions - Expected: (1,10); Actual: (0); input name: b")]
    [InlineData("""{"inputs": [0, 1, 2]}""", "Invalid number of shape dimensions - Expected: (1,10); Actual: (3); input name: b")]
    [InlineData("""{"inputs": [[[[[[[[[1]]]]]]]]]}""", "Invalid number of shape dimensions - Expected: (1,10); Actual: (1,1,1,1,1,1,1,1,1); input name: b")]
    [InlineData("""{"inputs": [[0, 1, 2]]}""", "Invalid input shape - Expected: (1,10); Actual: (1,3); input name: b")]
    [InlineData("""{"instances": [[]]}""", "Invalid input shape - Expected: (1,10); Actual: (1,0); input name: b")]
    [InlineData("""{"instances": [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]}""", "Invalid input shape - Expected: (1,10); Actual: (1,11); input name: b")]
    [InlineData("""{"instances": [[0], [1]]}""", "Invalid input batch size - Expected: 1; Actual: 2; input name: b")]
    [InlineData("""{"inputs": {"x": [[0]], "b": [[0]]}}""", "Invalid number of inputs - Expected: 1; Actual: 2")]
    [InlineData("""{"inputs": {"x": [[0]]}}""", "Missing input with specific name - Required input: b")]
    [InlineData("""{"inputs": {"B": [[0]]}}""", "Missing input with specific name - Required input: b")]
    public async Task Predict_ABodyThatIsNoRequest_IsRefusedWithItsText(string body, string text)
    {
        var answer = await server.PostAsync(body);

        Assert.Equal((400, $$"""{"error":"{{text}}"}"""), answer);
    }

    [Theory]
    [InlineData("multi_dtype", """{"instances": [{"in_f32": [0], "in_i32": [0]}, {"in_f32": [0]}]}""", "Invalid JSON structure. Request inputs have different batch sizes")]
    [InlineData("multi_dtype", """{"instances": [[0]]}""", "Inputs inside buffer does not match expected format.")]
    [InlineData("multi_dtype", """{"inputs": [[0]]}""", "Inputs inside buffer does not match expected format.")]
    [InlineData("multi_dtype", """{"inputs": 1}""", NoInputs)]
    [InlineData("multi_dtype", """{"inputs": {"in_u8": [[256]]}}""", NotParsed)]
    [InlineData("multi_dtype", """{"inputs": {"in_u8": [[-1]]}}""", NotParsed)]
    [InlineData("multi_dtype", """{"inputs": {"in_i64": [[9223372036854775808]]}}""", NotParsed)]
    [InlineData("multi_dtype", """{"inputs": {"in_f16": [[65536]]}}""", NotParsed)]
    [InlineData("multi_dtype", """{"inputs": {"in_f32": [[0]]}}""", "Invalid number of inputs - Expected: 13; Actual: 1")]
    [InlineData("scalar", """{"inputs": [[0]]}""", "Invalid number of shape dimensions - Expected: (); Actual: (1,1); input name: model_scalar_input")]
    [InlineData("dynamic", """{"inputs": [[0, 1]]}""", "Invalid input shape - Expected: (-1,10); Actual: (1,2); input name: input")]
    public async Task Predict_ARequestAnotherModelDoesNotTake_IsRefusedWithItsText(string model, string body, string text)
    {
        var answer = await server.PostAsync(body, $"/v1/models/{model}:predict");

        Assert.Equal((400, $$"""{"error":"{{text}}"}"""), answer);
    }

    [Fact]
    public async Task Predict_AnImageForAModelOfNumbers_IsNotImplemented() =>
        Assert.Equal((501, """{"error":"Functionality not implemented"}"""), await server.PostAsync("""{"instances": [{"b64": "AAAA"}]}"""));

    [Theory]
    [InlineData("[")]
    [InlineData("{\"a\":")]
    [InlineData("[{\"a\":")]
    public async Task Predict_NestingOfTenThousandLevels_IsRefused(string level)
    {
        foreach (var start in (string[])["", "{\"inputs\": ", "{\"instances\": ", "{\"other\": "])
        {
            var answer = await server.PostAsync(start + string.Concat(Enumerable.Repeat(level, 10_000)));

            Assert.Equal((400, """{"error":"JSON nesting depth exceeds the allowed limit"}"""), answer);
        }

        await server.AssertHealthyAsync();
    }
}
