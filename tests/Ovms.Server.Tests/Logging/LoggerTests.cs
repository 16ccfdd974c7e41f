using Ovms.Server.Logging;

namespace Ovms.Server.Tests.Logging;

public sealed class LoggerTests
{
    [Fact]
    public void Write_AMessage_HasTheFieldsOfTheFormat()
    {
        using var log = new LogCapture();

        log.Logger.Write(LogLevel.Warning, $"version {5} of {"m"}");

        Assert.Matches(
            @"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\]\[\d+\]\[test\]\[warning\]\[LoggerTests\.cs:\d+\] version 5 of m\n$", log.Text);
    }

    [Fact]
    public void Write_BelowTheLevel_NeitherEvaluatesNorAllocates()
    {
        using var log = new LogCapture(LogLevel.Info);
        var evaluations = 0;
        for (var i = 0; i < 10; i++)
        {
            log.Logger.Write(LogLevel.Debug, $"value {Next()}");
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            log.Logger.Write(LogLevel.Debug, $"value {Next()} and {i}");
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0, evaluations);
        Assert.Empty(log.Text);

        int Next() => ++evaluations;
    }

    [Fact]
    public void Write_WithAFile_AppendsToIt()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "first\n");
            using (var sink = new LogSink(LogLevel.Error, new MemoryStream(), path, TimeProvider.System))
            {
                new Logger(sink, "x").Write(LogLevel.Error, "second");
                new Logger(sink, "x").Write(LogLevel.Warning, "not this");
            }

            var lines = File.ReadAllLines(path);
            Assert.Equal(2, lines.Length);
            Assert.Equal("first", lines[0]);
            Assert.EndsWith("] second", lines[1], StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
