using Ovms.Runtime.Tensors;
using Ovms.Server.Tests.Rest.TfServing;

namespace Ovms.Server.Tests.Rest.Json;

/// <summary>Texts and offsets of RapidJSON for bodies that are not JSON (W§2.3, JSON_INVALID; W§8.12).</summary>
public sealed class JsonErrorTests
{
    [Theory]
    [InlineData("", "The document is empty.", 0)]
    [InlineData("   \n", "The document is empty.", 4)]
    [InlineData("\0", "The document is empty.", 0)]
    [InlineData("{} {}", "The document root must not be followed by other values.", 3)]
    [InlineData("[1] x", "The document root must not be followed by other values.", 4)]
    [InlineData("1 2", "The document root must not be followed by other values.", 2)]
    [InlineData("01", "The document root must not be followed by other values.", 1)]
    [InlineData("x", "Invalid value.", 0)]
    [InlineData("\u00ef\u00bb\u00bf{}", "Invalid value.", 0)]
    [InlineData("'a'", "Invalid value.", 0)]
    [InlineData("nul", "Invalid value.", 3)]
    [InlineData("nulx", "Invalid value.", 3)]
    [InlineData("tRue", "Invalid value.", 1)]
    [InlineData("falsy", "Invalid value.", 4)]
    [InlineData("[Nope]", "Invalid value.", 1)]
    [InlineData("[nan]", "Invalid value.", 2)]
    [InlineData("[Infinite]", "Invalid value.", 1)]
    [InlineData("[-x]", "Invalid value.", 2)]
    [InlineData("[-]", "Invalid value.", 2)]
    [InlineData("[+1]", "Invalid value.", 1)]
    [InlineData("[.5]", "Invalid value.", 1)]
    [InlineData("[", "Invalid value.", 1)]
    [InlineData("[,1]", "Invalid value.", 1)]
    [InlineData("[1,]", "Invalid value.", 3)]
    [InlineData("[1,,2]", "Invalid value.", 3)]
    [InlineData("[1,", "Invalid value.", 3)]
    [InlineData("[1, // c\n2]", "Invalid value.", 4)]
    [InlineData("{\"a\":}", "Invalid value.", 5)]
    [InlineData("{\"a\":", "Invalid value.", 5)]
    [InlineData("{\"a\":undefined}", "Invalid value.", 5)]
    [InlineData("}", "Invalid value.", 0)]
    [InlineData("]", "Invalid value.", 0)]
    [InlineData("{", "Missing a name for object member.", 1)]
    [InlineData("{1:2}", "Missing a name for object member.", 1)]
    [InlineData("{a:2}", "Missing a name for object member.", 1)]
    [InlineData("{\"a\":1,}", "Missing a name for object member.", 7)]
    [InlineData("{\"a\":1,2}", "Missing a name for object member.", 7)]
    [InlineData("{,}", "Missing a name for object member.", 1)]
    [InlineData("{\"a\"}", "Missing a colon after a name of object member.", 4)]
    [InlineData("{\"a\" 1}", "Missing a colon after a name of object member.", 5)]
    [InlineData("{\"a\"", "Missing a colon after a name of object member.", 4)]
    [InlineData("{\"inputs\":[1]x", "Missing a comma or } after an object member.", 13)]
    [InlineData("{\"inputs\":[1] ", "Missing a comma or } after an object member.", 14)]
    [InlineData("{\"a\":1]", "Missing a comma or } after an object member.", 6)]
    [InlineData("{\"a\":1", "Missing a comma or } after an object member.", 6)]
    [InlineData("{\"a\":01}", "Missing a comma or } after an object member.", 6)]
    [InlineData("{\"a\":1 \"b\":2}", "Missing a comma or } after an object member.", 7)]
    [InlineData("[1 2]", "Missing a comma or ] after an array element.", 3)]
    [InlineData("[1}", "Missing a comma or ] after an array element.", 2)]
    [InlineData("[1", "Missing a comma or ] after an array element.", 2)]
    [InlineData("[00]", "Missing a comma or ] after an array element.", 2)]
    [InlineData("[1\0,2]", "Missing a comma or ] after an array element.", 2)]
    [InlineData("{\"inputs\":[[1,2],[3,4}", "Missing a comma or ] after an array element.", 21)]
    [InlineData("{\"inputs\":[[0.1234567 0.25]]}", "Missing a comma or ] after an array element.", 22)]
    [InlineData("{\"inputs\":[1.5.5]}", "Missing a comma or ] after an array element.", 14)]
    [InlineData("[\"abc", "Missing a closing quotation mark in string.", 5)]
    [InlineData("{\"abc", "Missing a closing quotation mark in string.", 5)]
    [InlineData("[\"a\0b\"]", "Missing a closing quotation mark in string.", 3)]
    [InlineData("[\"a\nb\"]", "Invalid encoding in string.", 3)]
    [InlineData("[\"\\x\"]", "Invalid escape character in string.", 2)]
    [InlineData("[\"a\\", "Invalid escape character in string.", 3)]
    [InlineData("[\"\\u12G4\"]", "Incorrect hex digit after \\u escape in string.", 2)]
    [InlineData("[\"\\u12", "Incorrect hex digit after \\u escape in string.", 2)]
    [InlineData("[\"\\ud800\"]", "The surrogate pair in string is invalid.", 2)]
    [InlineData("[\"\\ud800\\n\"]", "The surrogate pair in string is invalid.", 2)]
    [InlineData("[\"\\ud800\\u0041\"]", "The surrogate pair in string is invalid.", 2)]
    [InlineData("[\"\\udc00\"]", "The surrogate pair in string is invalid.", 2)]
    [InlineData("[1e309]", "Number too big to be stored in double.", 1)]
    [InlineData("{\"inputs\":[-1.5,  -1e400]}", "Number too big to be stored in double.", 18)]
    [InlineData("[1.]", "Miss fraction part in number.", 3)]
    [InlineData("[1.x]", "Miss fraction part in number.", 3)]
    [InlineData("[1.e5]", "Miss fraction part in number.", 3)]
    [InlineData("[1e]", "Miss exponent in number.", 3)]
    [InlineData("[1e+]", "Miss exponent in number.", 4)]
    [InlineData("[1E-x]", "Miss exponent in number.", 4)]
    public void Parse_NotJson_GivesTextAndOffset(string body, string error, int offset)
    {
        using var harness = BodyHarness.One(ElementType.F32, -1);
        var expected = $"The file is not valid json - Error: {error} Offset: {offset}";

        Assert.Equal(expected, harness.ParseEveryWay(body).Message);

        // Behind a long tensor, so that the bulk reader runs into it.
        var lead = "{\"inputs\":[" + string.Concat(Enumerable.Repeat("0.5,", 40)) + "1],\"x\":";
        if (offset != 0 && body[0] is '[' or '{' && !body.Contains('\0') && !error.Contains("root"))
        {
            expected = $"The file is not valid json - Error: {error} Offset: {offset + lead.Length}";
            Assert.Equal(expected, harness.ParseEveryWay(lead + body).Message);
        }
    }

    [Fact]
    public void Parse_NotJsonAfterOtherFault_ReportsTheJson()
    {
        using var harness = BodyHarness.One(ElementType.F32, -1);

        Assert.Equal(
            "The file is not valid json - Error: Missing a comma or } after an object member. Offset: 22",
            harness.ParseEveryWay("{\"inputs\":[[1],[2,3]] x").Message);
    }

    [Fact]
    public void Parse_TextAfterNul_IsNotRead()
    {
        using var harness = BodyHarness.One(ElementType.F32, -1);

        Assert.False(harness.ParseEveryWay("{\"inputs\":[1]}\0garbage").IsFault);
    }
}
