using System.Runtime.InteropServices;
using Ovms.Runtime.Native;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.OpenVino;

/// <summary>Layouts and numbers of C§4 and C§5.</summary>
public unsafe class OvStructsTests
{
    [Fact]
    public void Layouts_OfAllStructs_AreThoseOfTheHeaders()
    {
        Assert.Equal(16, sizeof(OvDimension));
        Assert.Equal(16, sizeof(OvShape));
        Assert.Equal(24, sizeof(OvPartialShape));
        Assert.Equal(16, sizeof(OvVersion));
        Assert.Equal(24, sizeof(OvCoreVersion));
        Assert.Equal(16, sizeof(OvCoreVersionList));
        Assert.Equal(16, sizeof(OvAvailableDevices));
        Assert.Equal(16, sizeof(OvCallback));
        Assert.Equal(16, sizeof(OvProperty));
        Assert.Equal(8, Marshal.OffsetOf<OvDimension>(nameof(OvDimension.Max)));
        Assert.Equal(8, Marshal.OffsetOf<OvShape>(nameof(OvShape.Dims)));
        Assert.Equal(16, Marshal.OffsetOf<OvPartialShape>(nameof(OvPartialShape.Dims)));
        Assert.Equal(8, Marshal.OffsetOf<OvVersion>(nameof(OvVersion.Description)));
        Assert.Equal(8, Marshal.OffsetOf<OvCoreVersion>(nameof(OvCoreVersion.Version)));
        Assert.Equal(8, Marshal.OffsetOf<OvCoreVersionList>(nameof(OvCoreVersionList.Size)));
        Assert.Equal(8, Marshal.OffsetOf<OvAvailableDevices>(nameof(OvAvailableDevices.Size)));
        Assert.Equal(8, Marshal.OffsetOf<OvCallback>(nameof(OvCallback.Arguments)));
        Assert.Equal(8, Marshal.OffsetOf<OvProperty>(nameof(OvProperty.Value)));
        Assert.Equal(4, sizeof(OvStatus));
    }

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(3, 3, false)]
    [InlineData(0, -1, true)]
    [InlineData(-1, -1, true)]
    [InlineData(1, 8, true)]
    public void IsDynamic_StaticZero_IsStatic(long min, long max, bool dynamic) => Assert.Equal(dynamic, new OvDimension(min, max).IsDynamic);

    // Sizes of 8 elements by number, as the three series have them (C§4.2).
    [Theory]
    [InlineData('A', "-1,-1,8,16,16,32,64,4,8,16,32,64,1,4,8,16,32,64,4", 5, 14)]
    [InlineData('B', "-1,-1,8,16,16,32,64,4,8,16,32,64,1,2,3,4,6,8,16,32,64,4,8,8,-1,4,8", 5, 17)]
    [InlineData('C', "-1,8,16,16,32,64,4,8,16,32,64,1,2,3,4,6,8,16,32,64,4,8,8,-1,4,8", 4, 16)]
    public void Probe_SizesOfARelease_ChooseItsTable(char table, string sizes, int f32, int u8)
    {
        var known = Array.ConvertAll(sizes.Split(','), long.Parse);

        var types = OvElementTypes.Probe(number => (uint)number < (uint)known.Length ? known[number] : -1);

        Assert.NotNull(types);
        Assert.Equal(table, types.Table);
        Assert.Equal(f32, types.ToNative(ElementType.F32));
        Assert.Equal(u8, types.ToNative(ElementType.U8));
        Assert.True(types.TryFromNative(f32, out var back));
        Assert.Equal(ElementType.F32, back);
        Assert.False(types.TryFromNative(99, out _));
    }

    [Fact]
    public void Probe_SizesOfNoKnownRelease_GivesNothing() => Assert.Null(OvElementTypes.Probe(static number => number));
}
