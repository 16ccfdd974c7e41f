namespace Ovms.Server.Hosting;

/// <summary>Exit codes of the program (M§1.1).</summary>
internal static class ExitCode
{
    /// <summary>Clean shutdown, help, version.</summary>
    public const int Ok = 0;

    /// <summary>The start failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong: <c>EX_USAGE</c>.</summary>
    public const int Usage = 64;
}
