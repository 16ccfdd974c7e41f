using System.Globalization;
using System.Text.RegularExpressions;
using Ovms.Runtime.Errors;
using Ovms.Server.Dispatch;
using Ovms.Tests.Shared;

namespace Ovms.Server.Tests.Dispatch;

public sealed class ServingStatusTableTests
{
    // Statuses that upstream's table does not have: it neither honours deadlines nor bounds waiting.
    private static readonly HashSet<string> s_own =
    [
        "Ok", "RequestCancelled", "DeadlineExceeded", "QueueFull", "OutOfMemory",
        "RestBodyTooLarge", "RestBodyNotInflatable", "RestUnsupportedContentEncoding", "RestBodyNotReadable", "RestBodyTooSlow",
    ];

    // Gaps of upstream's two maps and what stands in them (W§2.2, "Improve").
    private static readonly Dictionary<string, (int Grpc, int Http)> s_improved = new()
    {
        ["MediapipeDefinitionNotLoadedYet"] = (14, 404),
        ["MediapipePreconditionFailed"] = (9, 412),
        ["ModelVersionInvalidFormat"] = (3, 400),
        ["InvalidStringMaxSizeExceeded"] = (3, 400),
        ["BytesContentsEmpty"] = (3, 400),
        ["ImageParsingFailed"] = (3, 400),
        ["NotImplemented"] = (12, 501),
        ["ServerNotReady"] = (14, 503),
        ["Unauthorized"] = (16, 401),
        ["JsonNestingDepthExceeded"] = (3, 400),
        ["RestCouldNotParseVersion"] = (3, 400),
        ["RestBase64DecodeError"] = (3, 400),
        ["RestInferenceHeaderContentLengthInvalid"] = (3, 400),
        ["RestInferenceHeaderContentLengthExceeded"] = (3, 400),
        ["RestContentsFieldNotEmpty"] = (3, 400),
        ["RestSerializeValFieldInvalidSize"] = (13, 500),
    };

    private static readonly Dictionary<string, int> s_grpcCodes = new()
    {
        ["CANCELLED"] = 1,
        ["UNKNOWN"] = 2,
        ["INVALID_ARGUMENT"] = 3,
        ["NOT_FOUND"] = 5,
        ["ALREADY_EXISTS"] = 6,
        ["FAILED_PRECONDITION"] = 9,
        ["ABORTED"] = 10,
        ["INTERNAL"] = 13,
        ["UNAVAILABLE"] = 14,
    };

    [Fact]
    public void Rows_ForEveryStatus_StandAtTheStatusNumber()
    {
        var all = Enum.GetValues<ServingStatus>();

        Assert.Equal(all.Length, ServingStatusTable.RowCount);
        foreach (var status in all)
        {
            Assert.Equal(status, ServingStatusTable.RowStatus((int)status));
            Assert.NotEmpty(ServingStatusTable.Text(status));
            Assert.InRange(ServingStatusTable.GrpcCode(status), status == ServingStatus.Ok ? 0 : 1, 16);
            Assert.InRange(ServingStatusTable.HttpCode(status), 200, 599);
        }
    }

    [Fact]
    public void Table_AgainstTheSpecification_HasItsTextsAndCodes()
    {
        var rows = ReadSpecification();

        Assert.True(rows.Count > 90, $"only {rows.Count} rows were found");
        Assert.Equal(
            rows.Keys.Order(StringComparer.Ordinal),
            Enum.GetNames<ServingStatus>().Where(n => !s_own.Contains(n)).Order(StringComparer.Ordinal));
        foreach (var (name, (text, grpc, http)) in rows)
        {
            var status = Enum.Parse<ServingStatus>(name);
            Assert.Equal(text, ServingStatusTable.Text(status));
            if (s_improved.TryGetValue(name, out var improved))
            {
                Assert.Equal((name, improved.Grpc, improved.Http), (name, ServingStatusTable.GrpcCode(status), ServingStatusTable.HttpCode(status)));
                continue;
            }

            Assert.Equal((name, http), (name, ServingStatusTable.HttpCode(status)));
            if (!name.StartsWith("Rest", StringComparison.Ordinal))
            {
                Assert.Equal((name, grpc), (name, ServingStatusTable.GrpcCode(status)));
            }
        }
    }

    [Theory]
    [InlineData(InferenceError.None, 0, 200)]
    [InlineData(InferenceError.Cancelled, 1, 499)]
    [InlineData(InferenceError.DeadlineExceeded, 4, 504)]
    [InlineData(InferenceError.QueueFull, 8, 429)]
    [InlineData(InferenceError.UnsupportedShape, 9, 412)]
    [InlineData(InferenceError.OutOfMemory, 8, 503)]
    [InlineData(InferenceError.Failed, 13, 500)]
    public void ToStatus_OfARuntimeError_HasItsCodes(InferenceError error, int grpc, int http)
    {
        var status = error.ToStatus();

        Assert.Equal(grpc, ServingStatusTable.GrpcCode(status));
        Assert.Equal(http, ServingStatusTable.HttpCode(status));
    }

    [Fact]
    public void ToStatus_OfEveryRuntimeError_IsMapped()
    {
        foreach (var error in Enum.GetValues<InferenceError>())
        {
            Assert.Equal(error == InferenceError.None, error.ToStatus() == ServingStatus.Ok);
        }
    }

    [Fact]
    public void Message_WithDetails_JoinsThemWithAHyphen()
    {
        var fault = new ServingFault(ServingStatus.InvalidShape, FaultDetails.Shape("(1,10)", "(1,11)", "b"));

        Assert.Equal("Invalid input shape - Expected: (1,10); Actual: (1,11); input name: b", fault.Message);
        Assert.Equal("Invalid signature name", new ServingFault(ServingStatus.InvalidSignatureDef).Message);
    }

    // Rows are "| NAME | `text` | gRPC | HTTP | history |" between the headings 2.2 and 2.3.
    private static Dictionary<string, (string Text, int Grpc, int Http)> ReadSpecification()
    {
        var rows = new Dictionary<string, (string, int, int)>(StringComparer.Ordinal);
        var inside = false;
        foreach (var line in File.ReadLines(Repository.RequireShared("spec", "wire-protocols.md")))
        {
            if (line.StartsWith("### ", StringComparison.Ordinal))
            {
                inside = line.StartsWith("### 2.2", StringComparison.Ordinal);
            }

            var cells = line.Split('|', StringSplitOptions.TrimEntries);
            if (!inside || cells.Length < 6 || !Regex.IsMatch(cells[1], "^[A-Z0-9_]+$"))
            {
                continue;
            }

            var name = string.Concat(cells[1].Split('_').Select(p => p[0] + p[1..].ToLowerInvariant()));
            name = name == "ModelinstanceNotFound" ? "ModelInstanceNotFound" : name;
            var http = Regex.Match(cells[4], "[0-9]+");
            rows[name] = (
                Regex.Match(cells[2], "`([^`]*)`").Groups[1].Value,
                s_grpcCodes.GetValueOrDefault(cells[3], 2),
                http.Success ? int.Parse(http.Value, CultureInfo.InvariantCulture) : 500);
        }

        return rows;
    }
}
