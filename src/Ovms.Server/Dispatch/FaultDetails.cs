using System.Globalization;

namespace Ovms.Server.Dispatch;

/// <summary>The texts after <c>" - "</c>, in the form of releases 2022.1 and later (W§2.3). Called on failure only.</summary>
internal static class FaultDetails
{
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    /// <summary>Of <see cref="ServingStatus.InvalidNoOfInputs"/>.</summary>
    public static string InputCount(int expected, int actual) => string.Create(s_culture, $"Expected: {expected}; Actual: {actual}");

    /// <summary>Of <see cref="ServingStatus.InvalidMissingInput"/>.</summary>
    public static string MissingInput(string name) => $"Required input: {name}";

    /// <summary>Of <see cref="ServingStatus.InvalidPrecision"/>; both are names such as <c>FP32</c>.</summary>
    public static string Precision(string expected, string actual, string name) => $"Expected: {expected}; Actual: {actual}{Suffix(name)}";

    /// <summary>Of <see cref="ServingStatus.InvalidNoOfShapeDimensions"/> and <see cref="ServingStatus.InvalidShape"/>; both are printed shapes
    /// such as <c>(1,10)</c>.</summary>
    public static string Shape(string expected, string actual, string name) => $"Expected: {expected}; Actual: {actual}{Suffix(name)}";

    /// <summary>Of <see cref="ServingStatus.InvalidNoOfShapeDimensions"/> for strings and images, which are one-dimensional.</summary>
    public static string BinaryRank(int actualRank, string name) =>
        string.Create(s_culture, $"Expected number of binary input shape dimensions: 1; Actual: {actualRank}{Suffix(name)}");

    /// <summary>Of <see cref="ServingStatus.InvalidBatchSize"/>; <paramref name="expected"/> is a printed dimension.</summary>
    public static string BatchSize(string expected, long actual, string name) =>
        string.Create(s_culture, $"Expected: {expected}; Actual: {actual}{Suffix(name)}");

    /// <summary>Of <see cref="ServingStatus.InvalidShape"/> with a negative dimension.</summary>
    public static string NegativeDimension(string shape, string name) =>
        $"Negative or zero dimension size is not acceptable: {shape}{Suffix(name)}";

    /// <summary>Of <see cref="ServingStatus.InvalidContentSize"/>, without the input's name.</summary>
    public static string ContentSize(long expectedBytes, long actualBytes) =>
        string.Create(s_culture, $"Expected: {expectedBytes} bytes; Actual: {actualBytes} bytes");

    /// <summary>Of <see cref="ServingStatus.InvalidValueCount"/>, without the input's name.</summary>
    public static string ValueCount(long expected, long actual) => string.Create(s_culture, $"Expected: {expected}; Actual: {actual}");

    /// <summary>Of <see cref="ServingStatus.InvalidContentSize"/> when the product of the dimensions is out of bounds.</summary>
    public static string ShapeOverflow(string name) => $"Shape dimensions are too large{Suffix(name)}";

    /// <summary>Of <see cref="ServingStatus.JsonInvalid"/>; <paramref name="offset"/> is a byte offset.</summary>
    public static string Json(string reason, long offset) => string.Create(s_culture, $"Error: {reason} Offset: {offset}");

    /// <summary>Details of one input with its name; null details give null.</summary>
    public static string? ForInput(string? details, string name) => details is null ? null : details + Suffix(name);

    private static string Suffix(string name) => $"; input name: {name}";
}
