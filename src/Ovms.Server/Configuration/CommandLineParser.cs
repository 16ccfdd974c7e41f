using System.CommandLine;
using System.Globalization;
using System.Text;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.OpenVino;

namespace Ovms.Server.Configuration;

/// <summary>Reads the command line by M§1.1's rules.</summary>
/// <remarks>System.CommandLine splits the arguments; texts and exit codes are those scripts of upstream match on, so that its own error
/// texts, help, version, bundling and response files are not used. Numbers are parsed here: decimal and hexadecimal, without a sign.</remarks>
internal static class CommandLineParser
{
    /// <summary>Reads arguments: options to serve with, or a text to print and the exit code.</summary>
    public static CommandLineResult Parse(IReadOnlyList<string> args)
    {
        if (args.Count == 0)
        {
            return CommandLineResult.Print(HelpText());
        }

        var command = new RootCommand { TreatUnmatchedTokensAsErrors = false };
        command.Options.Clear();
        command.Directives.Clear();
        var options = new List<(CommandLineOption Definition, Option Option, bool IsSupported)>();
        Add(CommandLineOptions.Supported, isSupported: true);
        Add(CommandLineOptions.Unsupported, isSupported: false);

        var result = command.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        foreach (var token in result.UnmatchedTokens)
        {
            if (token.StartsWith('-') && token.Length > 1 && !char.IsAsciiDigit(token[1]))
            {
                return Error($"Option ‘{token.TrimStart('-').Split('=')[0]}’ does not exist");
            }
        }

        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (definition, option, isSupported) in options)
        {
            if (result.GetResult(option) is not { Implicit: false } found)
            {
                continue;
            }

            if (!definition.IsFlag && found.Tokens.Count < found.IdentifierTokenCount)
            {
                return Error($"Option ‘{definition.Name}’ is missing an argument");
            }

            if (!isSupported)
            {
                return Error($"Option ‘{definition.Name}’ is not supported by this version of the server");
            }

            given[definition.Name] = found.Tokens.Count == 0 ? "" : found.Tokens[^1].Value;
        }

        if (result.UnmatchedTokens.Count > 0)
        {
            return CommandLineResult.Usage("error parsing options - unmatched arguments: " + string.Concat(result.UnmatchedTokens.Select(static t => t + ", ")));
        }

        return given.ContainsKey("help") ? CommandLineResult.Print(HelpText())
            : given.ContainsKey("version") ? Version(given)
            : Bind(given);

        void Add(IReadOnlyList<CommandLineOption> definitions, bool isSupported)
        {
            foreach (var definition in definitions)
            {
                var name = "--" + definition.Name;
                Option option = definition.IsFlag
                    ? new Option<string[]>(name) { Arity = ArgumentArity.Zero }
                    : new Option<string[]>(name) { Arity = ArgumentArity.OneOrMore };
                if (definition.Name == "help")
                {
                    option.Aliases.Add("-h");
                }

                command.Options.Add(option);
                options.Add((definition, option, isSupported));
            }
        }
    }

    /// <summary>The two lines of <c>--version</c>; the second keeps upstream's beginning.</summary>
    /// <param name="openVino">Release of OpenVINO and where it was found, or why there is none.</param>
    public static string VersionText(string openVino) =>
        $"OpenVINO Model Server {ProductVersion.Text}\nOpenVINO backend {openVino}; embedded executor {ProductVersion.Text}\n";

    // The library is loaded to ask it for its release: its name alone is not proof that it works.
    private static CommandLineResult Version(Dictionary<string, string> given)
    {
        if (!BackendSelector.TryParse(given.GetValueOrDefault("backend", "auto"), out var choice))
        {
            return CommandLineResult.Usage("backend should be one of: auto, openvino, embedded");
        }

        try
        {
            var selection = BackendSelector.Select(choice, new OpenVinoSearch { ExplicitPath = given.GetValueOrDefault("openvino_path") });
            return CommandLineResult.Print(VersionText(selection.Warning is null ? selection.OpenVinoText : $"none ({selection.Warning.ReplaceLineEndings(" ")})"));
        }
        catch (OpenVinoLoadException exception)
        {
            return CommandLineResult.Print(VersionText($"none ({exception.Message.ReplaceLineEndings(" ")})"));
        }
    }

    private static CommandLineResult Bind(Dictionary<string, string> given)
    {
        string? failed = null;
        var options = new ServerOptions
        {
            Port = Number("port"),
            RestPort = Number("rest_port"),
            GrpcBindAddress = given.GetValueOrDefault("grpc_bind_address", "0.0.0.0"),
            RestBindAddress = given.GetValueOrDefault("rest_bind_address", "0.0.0.0"),
            LogLevelText = given.GetValueOrDefault("log_level", "INFO"),
            LogPath = given.GetValueOrDefault("log_path", ""),
            ConfigPath = given.GetValueOrDefault("config_path", ""),
            ModelName = given.GetValueOrDefault("model_name", ""),
            ModelPath = given.GetValueOrDefault("model_path", ""),
            RequestCount = Number("nireq"),
            BatchSize = given.GetValueOrDefault("batch_size", ""),
            Shape = given.GetValueOrDefault("shape", ""),
            Layout = given.GetValueOrDefault("layout", ""),
            TargetDevice = given.GetValueOrDefault("target_device", ""),
            Backend = given.GetValueOrDefault("backend", "auto"),
            OpenVinoPath = given.GetValueOrDefault("openvino_path", ""),
            Given = [.. given],
        };
        if (Number("file_system_poll_wait_seconds") != 0 && failed is null)
        {
            return Error("Option ‘file_system_poll_wait_seconds’ is not supported by this version of the server except for 0");
        }

        if (failed is not null)
        {
            return Error($"Argument ‘{failed}’ failed to parse");
        }

        return ServerOptionsValidator.Validate(options) is { } text ? CommandLineResult.Usage(text) : CommandLineResult.Serve(options);

        uint Number(string name)
        {
            if (!given.TryGetValue(name, out var text))
            {
                return 0;
            }

            if (!TryParseNumber(text, out var value))
            {
                failed ??= text;
            }

            return value;
        }
    }

    private static bool TryParseNumber(string text, out uint value) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static CommandLineResult Error(string message) => CommandLineResult.Usage("error parsing options: " + message);

    private static string HelpText()
    {
        var text = new StringBuilder("OpenVINO Model Server\nUsage:\n  ovms [OPTION...]\n");
        foreach (var group in CommandLineOptions.Supported.GroupBy(static o => o.Group))
        {
            text.Append("\n ").Append(group.Key).Append(" options:\n");
            foreach (var option in group)
            {
                var name = (option.Name == "help" ? "-h, --" : "    --") + option.Name + (option.IsFlag ? "" : " arg");
                text.Append("  ").Append(name.PadRight(40)).Append(' ').Append(option.Help).Append('\n');
            }
        }

        return text.ToString();
    }
}
