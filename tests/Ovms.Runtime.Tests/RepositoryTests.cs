using Ovms.Tests.Shared;

namespace Ovms.Runtime.Tests;

public sealed class RepositoryTests
{
    [Fact]
    public void Root_InThisCheckout_HoldsTheSolution() => Assert.True(File.Exists(Path.Combine(Repository.Root, "ovms.slnx")));
}
