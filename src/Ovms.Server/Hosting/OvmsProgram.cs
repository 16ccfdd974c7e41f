using System.Runtime.InteropServices;
using Ovms.Server.Configuration;
using Ovms.Server.Logging;

namespace Ovms.Server.Hosting;

/// <summary>The <c>ovms</c> command: arguments to exit code.</summary>
internal static class OvmsProgram
{
    /// <summary>Runs the program.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var result = CommandLineParser.Parse(args);
        if (result.Options is not { } options)
        {
            (result.ExitCode == ExitCode.Ok ? Console.Out : Console.Error).Write(result.Text);
            return result.ExitCode;
        }

        try
        {
            ServerOptions.TryGetLevel(options.LogLevelText, out var level);
            using var sink = new LogSink(level, options.LogPath);
            using var stop = new CancellationTokenSource();

            // Registered before the models are loaded; a second signal changes nothing (M§13.3).
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
            return await new ServerHost(options, ServerComposition.SelectBackend(options), sink).RunAsync(stop.Token);

            void OnSignal(PosixSignalContext context)
            {
                context.Cancel = true;
                stop.Cancel();
            }
        }
        catch (Exception error)
        {
            // The last line of defence of the process: whatever arrives here is reported the way upstream does.
            await Console.Error.WriteLineAsync($"Exception catch: {error.Message} - will now terminate.");
            return ExitCode.Failed;
        }
    }
}
