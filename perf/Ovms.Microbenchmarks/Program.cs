using BenchmarkDotNet.Running;
using Ovms.Microbenchmarks.Rest;

namespace Ovms.Microbenchmarks;

internal static class EntryPoint
{
    // "json [path of jsonbench]" compares in one run; anything else goes to BenchmarkDotNet.
    private static void Main(string[] args)
    {
        if (args is ["json", ..])
        {
            JsonComparison.Run(args.ElementAtOrDefault(1));
        }
        else
        {
            BenchmarkSwitcher.FromAssembly(typeof(EntryPoint).Assembly).Run(args);
        }
    }
}
