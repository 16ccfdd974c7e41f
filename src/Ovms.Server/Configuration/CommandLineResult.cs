namespace Ovms.Server.Configuration;

/// <summary>What the command line asks for: to serve, to print something, or nothing that makes sense.</summary>
/// <param name="Options">Options to serve with; null otherwise.</param>
/// <param name="Text">Text to print otherwise.</param>
/// <param name="ExitCode">Exit code then; above 0 the text goes to standard error (M§1.1).</param>
internal sealed record CommandLineResult(ServerOptions? Options, string Text, int ExitCode)
{
    /// <summary>Serve.</summary>
    public static CommandLineResult Serve(ServerOptions options) => new(options, "", Hosting.ExitCode.Ok);

    /// <summary>Print to standard output and exit with 0.</summary>
    public static CommandLineResult Print(string text) => new(null, text, Hosting.ExitCode.Ok);

    /// <summary>Print a line to standard error and exit with the usage code.</summary>
    public static CommandLineResult Usage(string text) => new(null, text + "\n", Hosting.ExitCode.Usage);
}
