namespace Ovms.Server.Tests.Wire;

/// <summary>Damages encoded messages.</summary>
internal static class Mutation
{
    /// <summary>One to three random changes: bytes set, inserted, removed, repeated, or spliced in from another message.</summary>
    public static byte[] Apply(byte[] bytes, byte[] other, Random random)
    {
        var mutated = bytes.ToList();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var at = random.Next(mutated.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < mutated.Count:
                    mutated[at] = (byte)random.Next(256);
                    break;
                case 1:
                    mutated.Insert(at, (byte)random.Next(256));
                    break;
                case 2 when at < mutated.Count:
                    mutated.RemoveAt(at);
                    break;
                case 3:
                    mutated.InsertRange(at, other);
                    break;
                case 4:
                    mutated.InsertRange(at, mutated.GetRange(at, Math.Min(random.Next(1, 12), mutated.Count - at)));
                    break;
                case 5:
                    // An overlong or huge varint where a number or a length may stand.
                    mutated.InsertRange(at, Enumerable.Repeat((byte)(random.Next(2) == 0 ? 0x80 : 0xFF), random.Next(1, 11)));
                    break;
            }
        }

        return [.. mutated];
    }
}
