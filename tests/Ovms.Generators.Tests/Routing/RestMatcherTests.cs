using System.Reflection;

namespace Ovms.Generators.Tests.Routing;

/// <summary>The generated REST matcher, compiled and run, against the rules of W§3.1.</summary>
public sealed class RestMatcherTests
{
    private const string Source = """
        using System.Text;
        using Ovms.Server.Routing;

        namespace Sample;

        [RestEndpoints]
        internal partial class Endpoints
        {
            [RestRoute("POST", "?/v1/models/{model}[/versions/{version:digits}]:predict")]
            [RestRoute("POST", "?/v1/models/{model}/labels/{label:word}:predict")]
            private string PredictAsync(string text) => "predict " + text;

            [RestRoute("GET", "?/v1/models[/{model}][/versions/{version:digits}]")]
            [RestRoute("GET", "?/v1/models[/{model}]/labels/{label:word}")]
            private string Status(string text) => "status " + text;

            [RestRoute("GET", "?/v1/models[/{model}][/versions/{version:digits}]/metadata")]
            private string Metadata(string text) => "metadata " + text;

            [RestRoute("GET", "?/v1/config")]
            private string Config(string text) => "config " + text;

            [RestRoute("POST", "?/v1/config/reload")]
            private string Reload(string text) => "reload " + text;

            [RestRoute("GET", "/v2/models/{model:segment}/ready")]
            private string Ready(string text) => "ready " + text;

            public static string Probe(string verb, string path)
            {
                var bytes = Encoding.UTF8.GetBytes(path);
                var outcome = Match(Encoding.UTF8.GetBytes(verb), bytes, out var route, out var values);
                if (outcome != RouteOutcome.Matched)
                {
                    return outcome.ToString();
                }

                string Text(RouteSlice slice) => slice.IsPresent ? Encoding.UTF8.GetString(slice.Of(bytes)) : "-";
                return new Endpoints().Dispatch(route, Text(values.Model) + " " + Text(values.Version) + " " + Text(values.Label));
            }
        }
        """;

    private static readonly Lazy<MethodInfo> s_probe = new(static () =>
        RoutingCompilation.Load(Source).GetType("Sample.Endpoints")!.GetMethod("Probe")!);

    [Theory]
    [InlineData("POST", "/v1/models/m:predict", "predict m - -")]
    [InlineData("POST", "/v1/models/m/versions/12:predict", "predict m 12 -")]
    [InlineData("POST", "/v1/models/m/labels/stable_1:predict", "predict m - stable_1")]
    [InlineData("POST", "//v1/models/m:predict", "predict m - -")]
    [InlineData("POST", "///v1/models/m:predict", "NoSuchPath")]
    [InlineData("POST", "/v1/models/a%2Fb%3Ac:predict", "predict a%2Fb%3Ac - -")]
    [InlineData("POST", "/v1/models/versions/versions/1:predict", "predict versions 1 -")]
    [InlineData("GET", "/v1/models/m:predict", "WrongVerb")]
    [InlineData("POST", "/v1/models/m:predict/", "NoSuchPath")]
    [InlineData("POST", "/v1/models/m:Predict", "NoSuchPath")]
    [InlineData("POST", "/V1/models/m:predict", "NoSuchPath")]
    [InlineData("POST", "/v1/models/:predict", "NoSuchPath")]
    [InlineData("POST", "/v1/models/a/b:predict", "NoSuchPath")]
    [InlineData("POST", "/v1/models/m/versions/x:predict", "NoSuchPath")]
    [InlineData("POST", "/v1/models/m/versions/:predict", "NoSuchPath")]
    [InlineData("POST", "/v1/models/m/labels/a-b:predict", "NoSuchPath")]
    [InlineData("POST", "/v1/models/m/versions/1/labels/x:predict", "NoSuchPath")]
    [InlineData("POST", "/v1/models/m:predict?x=y", "NoSuchPath")]
    [InlineData("GET", "/v1/models", "status - - -")]
    [InlineData("GET", "/v1/models/", "NoSuchPath")]
    [InlineData("GET", "/v1/models/m", "status m - -")]
    [InlineData("POST", "/v1/models/m", "WrongVerb")]
    [InlineData("GET", "/v1/models/m/", "NoSuchPath")]
    [InlineData("GET", "/v1/models/m/versions/3", "status m 3 -")]
    [InlineData("GET", "/v1/models/m/labels/canary", "status m - canary")]
    [InlineData("GET", "/v1/models/metadata", "status metadata - -")]
    [InlineData("GET", "/v1/models/versions/3", "status - 3 -")]
    [InlineData("GET", "/v1/models/m/metadata", "metadata m - -")]
    [InlineData("GET", "/v1/models/m/versions/3/metadata", "metadata m 3 -")]
    [InlineData("PUT", "/v1/models/m/metadata", "WrongVerb")]
    [InlineData("get", "/v1/models/m/metadata", "WrongVerb")]
    [InlineData("GET", "/v1/config", "config - - -")]
    [InlineData("GET", "/v1/config/reload", "WrongVerb")]
    [InlineData("POST", "/v1/config/reload", "reload - - -")]
    [InlineData("POST", "/v1/config", "WrongVerb")]
    [InlineData("GET", "/v2/models/a:b/ready", "ready a:b - -")]
    [InlineData("GET", "//v2/models/a/ready", "NoSuchPath")]
    [InlineData("GET", "", "NoSuchPath")]
    [InlineData("GET", "/", "NoSuchPath")]
    public void Match_Path_GivesEndpointAndParameters(string verb, string path, string expected)
    {
        Assert.Equal(expected, s_probe.Value.Invoke(null, [verb, path]));
    }

    [Fact]
    public void Match_EveryPrefixOfAKnownPath_NeverFails()
    {
        const string path = "//v1/models/model/versions/123:predict";

        for (var length = 0; length <= path.Length; length++)
        {
            var answer = (string)s_probe.Value.Invoke(null, ["POST", path[..length]])!;
            Assert.True(answer is "NoSuchPath" or "WrongVerb" or "predict model 123 -", answer);
        }
    }
}
