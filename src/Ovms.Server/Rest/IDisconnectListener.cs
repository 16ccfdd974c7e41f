namespace Ovms.Server.Rest;

/// <summary>Told that the client of a running request has gone.</summary>
internal interface IDisconnectListener
{
    /// <summary>Called at most once per connection, on any thread, possibly just after the request ended.</summary>
    void OnDisconnected();
}
