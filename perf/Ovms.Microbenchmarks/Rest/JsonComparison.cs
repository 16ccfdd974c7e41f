using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Ovms.Microbenchmarks.Rest;

/// <summary>Our body reader, <see cref="Utf8JsonReader"/> and, when its program is given, simdjson's DOM, in turns within one run. The best time
/// of each round counts, so that other load on the machine falls out; the median of the rounds' ratios is printed.</summary>
internal static class JsonComparison
{
    private const int Rounds = 7;
    private const double RoundSeconds = 0.25;

    /// <summary>Runs and prints.</summary>
    /// <param name="peer">Path of <c>jsonbench</c>, or null.</param>
    public static void Run(string? peer)
    {
        foreach (var text in Enum.GetValues<BodyParsingBenchmark.Numbers>())
        {
            using var benchmark = new BodyParsingBenchmark { Format = "instances", Text = text };
            benchmark.Setup();
            Best(() => benchmark.ReadBody(), 1);
            Best(() => benchmark.Utf8JsonReaderGetSingle(), 1);
            var (ours, framework, simdjson) = (new List<double>(), new List<double>(), new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                ours.Add(Best(() => benchmark.ReadBody(), RoundSeconds));
                framework.Add(Best(() => benchmark.Utf8JsonReaderGetSingle(), RoundSeconds));
                if (peer is not null && text == BodyParsingBenchmark.Numbers.Floats)
                {
                    simdjson.Add(Simdjson(peer));
                }
            }

            Print($"{text}: ours {Median(ours):F2} ns a number, Utf8JsonReader {Median(framework):F2} ns; {Median(framework.Zip(ours, static (f, o) => f / o)):F2} times as fast");
            if (simdjson.Count > 0)
            {
                Print($"{text}: simdjson DOM {Median(simdjson):F2} ns; {Median(simdjson.Zip(ours, static (s, o) => s / o)):F2} times as fast");
            }
        }

        using var printing = new AnswerPrintingBenchmark();
        printing.Setup();
        Best(() => printing.PrintAnswer(), 1);
        Print($"printing: ours {Best(() => printing.PrintAnswer(), 1):F2} ns a number, framework {Best(() => printing.Utf8FormatterShortest(), 1):F2} ns");
    }

    // Nanoseconds a number.
    private static double Best<T>(Func<T> action, double seconds)
    {
        var (began, best) = (Stopwatch.GetTimestamp(), double.MaxValue);
        while (Stopwatch.GetElapsedTime(began).TotalSeconds < seconds)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / EchoModel.Count);
        }

        return best;
    }

    private static double Simdjson(string peer)
    {
        var start = new ProcessStartInfo(peer, [RoundSeconds.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        using var output = JsonDocument.Parse(process.StandardOutput.ReadToEnd());
        process.WaitForExit();
        var dom = output.RootElement.GetProperty("parsers").EnumerateArray().First(static p => p.GetProperty("name").GetString() == "simdjson DOM");
        return 1000 / dom.GetProperty("best_mfloat_per_s").GetDouble();
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(values.Count() / 2);

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
