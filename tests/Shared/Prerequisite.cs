namespace Ovms.Tests.Shared;

/// <summary>What a test needs besides the .NET SDK: foreign clients, shared data, a native runtime.</summary>
/// <remarks>Where it is missing the test says so and is skipped, except where <c>OVMS_REQUIRE_ALL</c> is set (CI): there it fails.</remarks>
internal static class Prerequisite
{
    /// <summary>Skips or fails the running test unless <paramref name="present"/>.</summary>
    public static void Require(bool present, string what)
    {
        if (present)
        {
            return;
        }

        Assert.SkipUnless(IsEverythingRequired, $"{what} is not on this machine");
        Assert.Fail($"{what} is not on this machine, and OVMS_REQUIRE_ALL is set");
    }

    private static bool IsEverythingRequired => Environment.GetEnvironmentVariable("OVMS_REQUIRE_ALL") is "1" or "true";
}
