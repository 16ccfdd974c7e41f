using System.Runtime.InteropServices;

namespace Ovms.Runtime.Native;

// Layouts of C§5: natural alignment, no packing, the same on x64 and arm64. Sizes and offsets are asserted by OvStructsTests.

/// <summary><c>ov_dimension_t</c>, also <c>ov_rank_t</c>. A fully dynamic dimension comes back as {0,-1}.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OvDimension(long min, long max)
{
    public long Min = min;
    public long Max = max;

    /// <summary>The library's own test calls static zero dimensions dynamic (C§5); this one does not.</summary>
    public readonly bool IsDynamic => Min != Max || Max < 0;
}

/// <summary><c>ov_shape_t</c>. A scalar is {0, null}.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OvShape
{
    public long Rank;
    public long* Dims;
}

/// <summary><c>ov_partial_shape_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OvPartialShape
{
    public OvDimension Rank;
    public OvDimension* Dims;
}

/// <summary><c>ov_version_t</c>; both strings are freed by <c>ov_version_free</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OvVersion
{
    public byte* BuildNumber;
    public byte* Description;
}

/// <summary><c>ov_core_version_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OvCoreVersion
{
    public byte* DeviceName;
    public OvVersion Version;
}

/// <summary><c>ov_core_version_list_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OvCoreVersionList
{
    public OvCoreVersion* Versions;
    public nuint Size;
}

/// <summary><c>ov_available_devices_t</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OvAvailableDevices
{
    public byte** Devices;
    public nuint Size;
}

/// <summary><c>ov_callback_t</c>. The library keeps the pointer to it: it lives in native memory, longer than its request (C§10.3).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OvCallback
{
    public delegate* unmanaged[Cdecl]<nint, void> Function;
    public nint Arguments;
}

/// <summary><c>ov_property_t</c> of 2026.4 and later.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OvProperty
{
    public byte* Key;
    public void* Value;
}
