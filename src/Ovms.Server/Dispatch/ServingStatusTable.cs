namespace Ovms.Server.Dispatch;

/// <summary>The one table from status to text, gRPC code and HTTP code (W§2.2).</summary>
internal static class ServingStatusTable
{
    /// <summary>The fixed text of a status.</summary>
    public static string Text(ServingStatus status) => status.ToString();

    /// <summary>gRPC status code, 0…16.</summary>
    public static int GrpcCode(ServingStatus status) => status == ServingStatus.Ok ? 0 : 2;

    /// <summary>HTTP status code.</summary>
    public static int HttpCode(ServingStatus status) => status == ServingStatus.Ok ? 200 : 500;
}
