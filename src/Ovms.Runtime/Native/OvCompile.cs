using System.Runtime.InteropServices;

namespace Ovms.Runtime.Native;

/// <summary>Compiles with properties: as an array where the release has it, otherwise by the variadic function called with fixed arity (C§7).</summary>
/// <remarks>All variadic arguments are pointers, so that registers and stack look alike in both ways of calling on x64 and on arm64 except Apple's,
/// where variadic arguments always go on the stack: there only releases with arrays take properties.</remarks>
internal static unsafe class OvCompile
{
    /// <summary>Pairs that the fixed-arity call has room for.</summary>
    public const int MaxPairs = 16;

    /// <summary>Compiles and returns <c>ov_compiled_model_t*</c>.</summary>
    public static nint Compile(
        OvApi api, OvFunctions ov, nint core, nint model, string device, IReadOnlyList<KeyValuePair<string, string>> properties)
    {
        var texts = new nint[Math.Max(properties.Count, MaxPairs) * 2];
        try
        {
            for (var i = 0; i < properties.Count; i++)
            {
                texts[2 * i] = Marshal.StringToCoTaskMemUTF8(properties[i].Key);
                texts[(2 * i) + 1] = Marshal.StringToCoTaskMemUTF8(properties[i].Value);
            }

            nint compiled = 0;
            fixed (byte* name = OvApi.Utf8(device))
            {
                api.Check(ov.CoreCompileModelProps is not null
                    ? ByArray(ov, core, model, name, texts, properties.Count, &compiled)
                    : ByFixedArity(ov, core, model, name, texts, properties.Count, &compiled));
            }

            return compiled;
        }
        finally
        {
            foreach (var text in texts)
            {
                Marshal.FreeCoTaskMem(text);
            }
        }
    }

    private static OvStatus ByArray(OvFunctions ov, nint core, nint model, byte* device, nint[] texts, int count, nint* compiled)
    {
        // Key and value alternate in the array: the layout of ov_property_t.
        fixed (nint* pairs = texts)
        {
            return ov.CoreCompileModelProps(core, model, device, (nuint)count, count == 0 ? null : (OvProperty*)pairs, compiled);
        }
    }

    private static OvStatus ByFixedArity(OvFunctions ov, nint core, nint model, byte* device, nint[] t, int count, nint* compiled)
    {
        if (count > MaxPairs)
        {
            throw new OvException(OvStatus.OutOfBounds, $"{count} properties are given; releases before 2026.4 take {MaxPairs}");
        }

        if (count > 0 && OperatingSystem.IsMacOS() && RuntimeInformation.ProcessArchitecture == Architecture.Arm64)
        {
            throw new OvException(OvStatus.NotImplemented, "properties need OpenVINO 2026.4 or later on this platform");
        }

        // The variadic function counts strings.
        return ov.CoreCompileModel(
            core, model, device, (nuint)(2 * count), compiled,
            t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], t[8], t[9], t[10], t[11], t[12], t[13], t[14], t[15],
            t[16], t[17], t[18], t[19], t[20], t[21], t[22], t[23], t[24], t[25], t[26], t[27], t[28], t[29], t[30], t[31]);
    }
}
