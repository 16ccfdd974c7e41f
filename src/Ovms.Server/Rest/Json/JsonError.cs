namespace Ovms.Server.Rest.Json;

/// <summary>Why a text is not JSON. The texts are those of RapidJSON, which clients of upstream read (W§2.3, JSON_INVALID).</summary>
internal enum JsonError
{
    None = 0,
    DocumentEmpty,
    DocumentRootNotSingular,
    ValueInvalid,
    ObjectMissName,
    ObjectMissColon,
    ObjectMissCommaOrCurlyBracket,
    ArrayMissCommaOrSquareBracket,
    StringUnicodeEscapeInvalidHex,
    StringUnicodeSurrogateInvalid,
    StringEscapeInvalid,
    StringMissQuotationMark,
    StringInvalidEncoding,
    NumberTooBig,
    NumberMissFraction,
    NumberMissExponent,

    /// <summary>Nesting above <see cref="JsonPushReader.MaxDepth"/>: has a status of its own, not a parse text.</summary>
    DepthExceeded,
}

/// <summary>Texts of <see cref="JsonError"/>.</summary>
internal static class JsonErrors
{
    /// <summary>The text that follows <c>Error: </c>.</summary>
    public static string Text(JsonError error) => error switch
    {
        JsonError.DocumentEmpty => "The document is empty.",
        JsonError.DocumentRootNotSingular => "The document root must not be followed by other values.",
        JsonError.ValueInvalid => "Invalid value.",
        JsonError.ObjectMissName => "Missing a name for object member.",
        JsonError.ObjectMissColon => "Missing a colon after a name of object member.",
        JsonError.ObjectMissCommaOrCurlyBracket => "Missing a comma or } after an object member.",
        JsonError.ArrayMissCommaOrSquareBracket => "Missing a comma or ] after an array element.",
        JsonError.StringUnicodeEscapeInvalidHex => "Incorrect hex digit after \\u escape in string.",
        JsonError.StringUnicodeSurrogateInvalid => "The surrogate pair in string is invalid.",
        JsonError.StringEscapeInvalid => "Invalid escape character in string.",
        JsonError.StringMissQuotationMark => "Missing a closing quotation mark in string.",
        JsonError.StringInvalidEncoding => "Invalid encoding in string.",
        JsonError.NumberTooBig => "Number too big to be stored in double.",
        JsonError.NumberMissFraction => "Miss fraction part in number.",
        JsonError.NumberMissExponent => "Miss exponent in number.",
        _ => throw new ArgumentOutOfRangeException(nameof(error), error, "no text"),
    };
}
