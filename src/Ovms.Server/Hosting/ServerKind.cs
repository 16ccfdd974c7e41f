namespace Ovms.Server.Hosting;

/// <summary>The protocols with a port of their own.</summary>
internal enum ServerKind
{
    Grpc,
    Rest,
}

/// <summary>Names of <see cref="ServerKind"/>.</summary>
internal static class ServerKinds
{
    /// <summary>Name in log lines.</summary>
    public static string Name(this ServerKind kind) => kind == ServerKind.Grpc ? "gRPC" : "REST";
}
