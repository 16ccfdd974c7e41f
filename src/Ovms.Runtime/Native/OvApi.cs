using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Native;

/// <summary>The C library with managed types: strings, shapes, statuses. What only set-up calls throws <see cref="OvException"/>; what a request
/// calls returns the status and allocates nothing.</summary>
internal sealed unsafe partial class OvApi
{
    // Longest native text that is kept: enough for a chain of causes, too short to flood a log.
    private const int MaxTextLength = 4096;

    private readonly OvFunctions _ov;

    /// <summary>Wraps a loaded library.</summary>
    public OvApi(OvFunctions functions)
    {
        _ov = functions;
        Types = OvElementTypes.Probe(ProbeByteSize)
            ?? throw new OvException(OvStatus.Unexpected, "the numbers of its element types are none of the three known series");
    }

    /// <summary>Element types of this release.</summary>
    public OvElementTypes Types { get; }

    /// <summary>Whether properties go as an array (2026.4 and later).</summary>
    public bool HasPropertyArrays => _ov.CoreCompileModelProps is not null;

    /// <summary>Release as the library states it, such as <c>2026.4.1-21234-abcdef-releases/2026/4</c>.</summary>
    public string ReadBuildNumber()
    {
        OvVersion version = default;
        Check(_ov.GetVersion(&version));
        var text = Text(version.BuildNumber);
        _ov.VersionFree(&version);
        return text;
    }

    /// <summary>The library's words about a failure. Called at once after it, on the same thread: the store is one for the process (C§3).</summary>
    public string Describe(OvStatus status)
    {
        string text = "";
        if (status != OvStatus.InvalidParameter)
        {
            var message = _ov.GetLastErrorMessage();
            text = Text(message);
            _ov.Free(message);
        }

        // Static text: not freed.
        return text.Length > 0 ? text : $"{Text(_ov.GetErrorInfo(status))} ({status})";
    }

    /// <summary>Throws unless <paramref name="status"/> is OK.</summary>
    public void Check(OvStatus status)
    {
        if (status != OvStatus.Ok)
        {
            Throw(status);
        }
    }

    /// <summary>Creates a core.</summary>
    public OvCoreHandle CreateCore()
    {
        nint core = 0;
        Check(_ov.CoreCreate(&core));
        return new OvCoreHandle(_ov, core);
    }

    /// <summary>Names of the devices that are there: <c>CPU</c>, <c>GPU.0</c>.</summary>
    public string[] AvailableDevices(OvCoreHandle core)
    {
        OvAvailableDevices devices = default;
        Check(_ov.CoreGetAvailableDevices(core.Value, &devices));
        var names = new string[(int)devices.Size];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = Text(devices.Devices[i]);
        }

        _ov.AvailableDevicesFree(&devices);
        return names;
    }

    /// <summary>Loads the plugin of a device and returns its build; throws when it is not there or cannot be loaded.</summary>
    public string DeviceVersion(OvCoreHandle core, string device)
    {
        OvCoreVersionList list = default;
        fixed (byte* name = Utf8(device))
        {
            Check(_ov.CoreGetVersions(core.Value, name, &list));
        }

        var text = list.Size > 0 ? Text(list.Versions[0].Version.BuildNumber) : "";
        _ov.CoreVersionsFree(&list);
        return text;
    }

    /// <summary>Loads a library with operations of the user's own.</summary>
    public void AddExtension(OvCoreHandle core, string path)
    {
        if (_ov.CoreAddExtension is null)
        {
            throw new OvException(OvStatus.NotImplementedMethod, "this release has no function ov_core_add_extension: extensions need OpenVINO 2025.2 or later");
        }

        fixed (byte* file = Utf8(path))
        {
            Check(_ov.CoreAddExtension(core.Value, file));
        }
    }

    /// <summary>Reads a model file or SavedModel folder.</summary>
    public OvModelHandle ReadModel(OvCoreHandle core, string path)
    {
        nint model = 0;
        if (OperatingSystem.IsWindows() && _ov.CoreReadModelUnicode is not null)
        {
            fixed (char* file = path)
            {
                Check(_ov.CoreReadModelUnicode(core.Value, file, null, &model));
            }
        }
        else
        {
            fixed (byte* file = Utf8(path))
            {
                Check(_ov.CoreReadModel(core.Value, file, null, &model));
            }
        }

        return new OvModelHandle(_ov, model);
    }

    /// <summary>Reads an IR without constants from text.</summary>
    public OvModelHandle ReadModelText(OvCoreHandle core, ReadOnlySpan<byte> xml)
    {
        nint model = 0;
        fixed (byte* text = xml)
        {
            Check(_ov.CoreReadModelFromMemory(core.Value, text, (nuint)xml.Length, 0, &model));
        }

        return new OvModelHandle(_ov, model);
    }

    /// <summary>Compiles a model for a device with properties.</summary>
    public OvCompiledModelHandle Compile(OvCoreHandle core, OvModelHandle model, string device, IReadOnlyList<KeyValuePair<string, string>> properties) =>
        new(_ov, OvCompile.Compile(this, _ov, core.Value, model.Value, device, properties));

    /// <summary>A property of a compiled model.</summary>
    public string GetProperty(OvCompiledModelHandle model, string key)
    {
        byte* value = null;
        fixed (byte* name = Utf8(key))
        {
            Check(_ov.CompiledModelGetProperty(model.Value, name, &value));
        }

        var text = Text(value);
        _ov.Free(value);
        return text;
    }

    /// <summary>Makes a request.</summary>
    public OvInferRequestHandle CreateInferRequest(OvCompiledModelHandle model)
    {
        nint request = 0;
        Check(_ov.CompiledModelCreateInferRequest(model.Value, &request));
        return new OvInferRequestHandle(_ov, request);
    }

    /// <summary>Changes input shapes, all in one call, before compiling.</summary>
    /// <remarks>A shape of any rank cannot be given through C (C§6.3): the caller refuses it.</remarks>
    public void Reshape(OvModelHandle model, IReadOnlyList<KeyValuePair<string, PartialShape>> shapes)
    {
        var count = shapes.Count;
        var names = new byte*[count];
        var partial = new OvPartialShape[count];
        try
        {
            for (var i = 0; i < count; i++)
            {
                names[i] = (byte*)Marshal.StringToCoTaskMemUTF8(shapes[i].Key);
                var shape = shapes[i].Value;
                partial[i].Rank = new OvDimension(shape.Rank, shape.Rank);
                partial[i].Dims = (OvDimension*)NativeMemory.Alloc((nuint)Math.Max(shape.Rank, 1), (nuint)sizeof(OvDimension));
                for (var axis = 0; axis < shape.Rank; axis++)
                {
                    // No upper bound is written −1; a lower bound cannot be kept then (C§5).
                    var dimension = shape[axis];
                    partial[i].Dims[axis] = dimension.Max == Dimension.Unbounded ? new OvDimension(-1, -1) : new OvDimension(dimension.Min, dimension.Max);
                }
            }

            fixed (byte** name = names)
            fixed (OvPartialShape* shape = partial)
            {
                Check(_ov.ModelReshape(model.Value, name, shape, (nuint)count));
            }
        }
        finally
        {
            for (var i = 0; i < count; i++)
            {
                Marshal.FreeCoTaskMem((nint)names[i]);
                NativeMemory.Free(partial[i].Dims);
            }
        }
    }

    /// <summary>UTF-8 with its closing zero. A zero inside would cut the text silently and is refused.</summary>
    internal static byte[] Utf8(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new OvException(OvStatus.InvalidParameter, "a text for the OpenVINO library contains the character U+0000");
        }

        var bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    private static string Text(byte* text)
    {
        // SAFETY: the library's strings end with a zero and live until the caller frees them.
        var bytes = text is null ? default : MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text);
        return Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, MaxTextLength)]).Trim();
    }

    private long ProbeByteSize(int number)
    {
        var dimension = 8L;
        var shape = new OvShape { Rank = 1, Dims = &dimension };
        nint tensor = 0;
        if (number < 0 || _ov.TensorCreate(number, shape, &tensor) != OvStatus.Ok)
        {
            return -1;
        }

        nuint bytes = 0;
        var same = -1;
        var ok = _ov.TensorGetByteSize(tensor, &bytes) == OvStatus.Ok && _ov.TensorGetElementType(tensor, &same) == OvStatus.Ok && same == number;
        _ov.TensorFree(tensor);
        return ok ? (long)bytes : -1;
    }

    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Throw(OvStatus status) => throw new OvException(status, Describe(status));
}
