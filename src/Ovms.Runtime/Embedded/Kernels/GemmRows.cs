using System.Runtime.InteropServices;

namespace Ovms.Runtime.Embedded.Kernels;

/// <summary>Row counts of a tile as types: <c>sizeof</c> of the type is the count, a constant to the compiler.</summary>
internal static class GemmRows
{
    [StructLayout(LayoutKind.Sequential, Size = 1)]
    public readonly struct R1;

    [StructLayout(LayoutKind.Sequential, Size = 2)]
    public readonly struct R2;

    [StructLayout(LayoutKind.Sequential, Size = 3)]
    public readonly struct R3;

    [StructLayout(LayoutKind.Sequential, Size = 4)]
    public readonly struct R4;

    [StructLayout(LayoutKind.Sequential, Size = 5)]
    public readonly struct R5;

    [StructLayout(LayoutKind.Sequential, Size = 6)]
    public readonly struct R6;

    [StructLayout(LayoutKind.Sequential, Size = 7)]
    public readonly struct R7;

    [StructLayout(LayoutKind.Sequential, Size = 8)]
    public readonly struct R8;

    [StructLayout(LayoutKind.Sequential, Size = 9)]
    public readonly struct R9;

    [StructLayout(LayoutKind.Sequential, Size = 10)]
    public readonly struct R10;

    [StructLayout(LayoutKind.Sequential, Size = 11)]
    public readonly struct R11;

    [StructLayout(LayoutKind.Sequential, Size = 12)]
    public readonly struct R12;

    [StructLayout(LayoutKind.Sequential, Size = 13)]
    public readonly struct R13;

    [StructLayout(LayoutKind.Sequential, Size = 14)]
    public readonly struct R14;
}
